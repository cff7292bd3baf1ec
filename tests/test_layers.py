"""The layers of docs/architecture.md, held by contracts, and by importing and looking."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("charts", "cli", "data", "models", "results", "runtime", "training", "ui")
LINT = (
    "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
)
LOADED = """
import importlib, json, pkgutil, sys
for name in sys.argv[1:]:
    package = importlib.import_module(name)
    for module in pkgutil.walk_packages(package.__path__, name + "."):
        importlib.import_module(module.name)
print(json.dumps(sorted(sys.modules)))
"""


def run_python(code: str, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, check=False, timeout=120
    )


def test_contracts_are_kept():
    result = run_python(LINT, cwd=ROOT)
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr
    assert " 0 broken" in result.stdout


@pytest.mark.parametrize(
    ("module", "code", "contract"),
    [
        ("training", "from cnn_core.runtime import leaf", "Imports point downwards"),
        ("data", "from cnn_core.models import leaf", "Imports point downwards"),
        ("runtime", "from cnn_core.cli import leaf", "Imports point downwards"),
        ("training", "from cnn_core import settings", "Only ui, cli, serving and runtime"),
        ("cli", "import streamlit", "Only ui imports streamlit"),
        ("training", "import plotly.graph_objects", "Only charts and ui import plotly"),
        ("charts", "def late():\n    import torch", "Charts, ui and results do without torch"),
        ("ui", "from torch import nn", "Charts, ui and results do without torch"),
    ],
)
def test_contracts_find(tmp_path, module, code, contract):
    """A small tree of the same shape with one forbidden import in it breaks that contract only."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for package in PACKAGES:
        folder = tmp_path / "cnn_core" / package
        folder.mkdir(parents=True)
        (folder / "__init__.py").touch()
        (folder / "leaf.py").touch()
    for name in ("__init__", "errors", "settings"):
        (tmp_path / "cnn_core" / f"{name}.py").touch()
    (tmp_path / "cnn_core" / module / "leaf.py").write_text(code + "\n")
    result = run_python(LINT, cwd=tmp_path)
    assert result.returncode == 1, result.stdout + result.stderr
    assert " 1 broken" in result.stdout
    assert contract in result.stdout.split("Broken contracts")[1]


@pytest.mark.parametrize("package", ["results", "data", "charts", "ui"])
def test_importing_does_not_load_torch(package):
    """`import torch` takes 2.4 s: the app's process, which draws the pages, never pays for it."""
    result = run_python(LOADED, f"cnn_core.{package}", cwd=ROOT)
    assert result.returncode == 0, result.stderr
    loaded = set(json.loads(result.stdout.splitlines()[-1]))
    assert f"cnn_core.{package}" in loaded
    assert not loaded & {"torch", "torchvision"}


@pytest.mark.parametrize("package", ["results", "data", "models", "training", "charts", "runtime"])
def test_importing_does_not_load_streamlit(package):
    result = run_python(LOADED, f"cnn_core.{package}", cwd=ROOT)
    assert result.returncode == 0, result.stderr
    assert "streamlit" not in json.loads(result.stdout.splitlines()[-1])


def test_the_package_itself_imports_nothing():
    code = "import sys; before = {*sys.modules}; import cnn_core; print({*sys.modules} - before)"
    assert run_python(code, cwd=ROOT).stdout.strip() == "{'cnn_core'}"


def test_every_package_is_in_the_picture():
    """A new package has a layer: in the contract and in docs/architecture.md."""
    packages = {path.parent.name for path in (ROOT / "cnn_core").glob("*/__init__.py")}
    layers = (ROOT / "pyproject.toml").read_text().split("layers = [")[1].split("]")[0]
    picture = (ROOT / "docs" / "architecture.md").read_text()
    for package in packages:
        assert f"({package})" in layers, f"cnn_core.{package} has no layer in pyproject.toml"
        assert f"`{package}`" in picture, f"cnn_core.{package} is not in docs/architecture.md"
