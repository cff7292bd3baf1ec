"""The project's own rules, checked over the tree: sizes, names, words, requirements, documents."""

import ast
import hashlib
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from cnn_core.cli.main import build_parser
from cnn_core.serving.command import add_commands

ROOT = Path(__file__).parents[1]
LEFT_OUT = {"__pycache__", ".git", ".hypothesis", ".import_linter_cache", "test-output"}
LEFT_OUT_SUFFIXES = ("_cache", ".egg-info")
TEXT = {
    *(".cfg", ".css", ".html", ".ini", ".js", ".json", ".md", ".py", ".sh", ".svg", ".toml"),
    *(".txt", ".yaml", ".yml", ""),
}
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}
APACHE_2_SHA256 = "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"
IMPORTED_AS = {
    "prometheus-client": "prometheus_client",
    "pillow": "PIL",
    "scikit-learn": "sklearn",
}

EMOJI = re.compile("[\U0001f300-\U0001faff\U00002600-\U000027bf\U0001f1e6-\U0001f1ff\ufe0f]")
MACHINE_PATH = re.compile(r"(?<![\w.\-/}>*])/(home|Users|root|work|workspace|tmp|mnt|srv)/\w")
PRIVATE_HOST = re.compile(
    r"https?://(?!127\.|0\.0\.0\.0|192\.0\.2\.)"
    r"(\d+\.\d+\.\d+\.\d+|[\w.-]+\.(local|internal|intranet|corp|lan)\b)"
)
PACKAGE_INDEX = re.compile(r"(?:index-url|find-links|trusted-host)[ =]+(\S+)")
UNFINISHED = re.compile(r"\b(?:TODO|FIXME|XXX)\b")
PYTORCH_CPU_INDEX = "https://download.pytorch.org/whl/cpu"


def project_files() -> Iterator[Path]:
    """Every text file of the project, whether git knows it yet or not; no environment, no cache."""
    for folder, names, files in os.walk(ROOT):
        names[:] = sorted(
            name
            for name in names
            if name not in LEFT_OUT
            and not name.endswith(LEFT_OUT_SUFFIXES)
            and not name.startswith(".venv")
        )
        for name in sorted(files):
            path = Path(folder, name)
            if path.suffix in TEXT and name != ".git":
                yield path


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


FILES = list(project_files())
MODULES = [
    path for path in FILES if path.suffix == ".py" and path.is_relative_to(ROOT / "cnn_core")
]
PAGES = sorted((ROOT / "pages").glob("*.py"))
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
DOCUMENTS = [path for path in FILES if path.suffix == ".md"]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def requirements(name: str) -> list[Requirement]:
    lines = (line.split("#")[0].strip() for line in read(name).splitlines())
    return [Requirement(line) for line in lines if line and not line.startswith("-")]


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):", read("Makefile"), flags=re.MULTILINE))


# Sizes, names, words


@pytest.mark.parametrize("path", MODULES, ids=shown)
def test_modules_stay_short(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 300


@pytest.mark.parametrize("path", PAGES, ids=shown)
def test_pages_stay_thin(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 80


def test_names_say_what_a_file_holds():
    vague = [
        shown(path) for path in FILES if VAGUE_NAMES & {path.stem, *path.relative_to(ROOT).parts}
    ]
    assert vague == []


@pytest.mark.parametrize("path", [path for path in FILES if path != Path(__file__)], ids=shown)
def test_words(path):
    """No emoji, no unfinished business, and nothing that only one machine or network has."""
    text = path.read_text(encoding="utf-8")
    assert EMOJI.findall(text) == []
    assert [match.group(0) for match in MACHINE_PATH.finditer(text)] == []
    assert [match.group(0) for match in PRIVATE_HOST.finditer(text)] == []
    assert set(PACKAGE_INDEX.findall(text)) <= {PYTORCH_CPU_INDEX}
    assert UNFINISHED.findall(text) == []


@pytest.mark.parametrize("folder", ["home", "Users", "tmp"])
@pytest.mark.parametrize("around", ["see {}", "'{}'", "({})"])
def test_machine_paths_are_found(folder, around):
    assert MACHINE_PATH.search(around.format(f"/{folder}/ada"))


@pytest.mark.parametrize("text", ["http://localhost:8501/home/x", "../tmp/x", "/usr/bin/chromium"])
def test_other_paths_are_not(text):
    assert not MACHINE_PATH.search(text)


# Requirements


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_requirements_have_lower_and_upper_bounds(name):
    for requirement in requirements(name):
        operators = {specifier.operator for specifier in requirement.specifier}
        assert ">=" in operators, requirement
        assert "<" in operators, requirement
        assert requirement.url is None


def test_constraints_are_exact_public_and_sorted():
    pinned = requirements("constraints.txt")
    for pin in pinned:
        assert re.fullmatch(r"[a-z0-9-]+==[0-9][0-9a-z.]*", str(pin)), pin
        assert not pin.name.startswith(("nvidia-", "cuda-")), f"{pin} belongs to a platform"
    names = [pin.name for pin in pinned]
    assert names == sorted(set(names))


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_constraints_satisfy_the_requirements(name):
    pinned = {
        canonicalize_name(pin.name): next(iter(pin.specifier)).version
        for pin in requirements("constraints.txt")
    }
    for requirement in requirements(name):
        version = pinned[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version), f"{requirement}, but {version} is pinned"


def imported_packages(path: Path) -> set[str]:
    """The first parts of the names of all absolute imports of a file."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize("path", [*MODULES, *PAGES, ROOT / "app.py"], ids=shown)
def test_what_the_app_imports_is_required(path):
    names = {requirement.name for requirement in requirements("requirements.txt")}
    required = {IMPORTED_AS.get(name, name) for name in names}
    imported = imported_packages(path) - set(sys.stdlib_module_names) - {"cnn_core"}
    assert imported <= required


# Documents


@pytest.mark.parametrize("path", DOCUMENTS, ids=shown)
def test_links_lead_somewhere(path):
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", path.read_text(encoding="utf-8")):
        if not target.startswith(("http://", "https://", "mailto:")):
            assert (path.parent / target).exists(), target


@pytest.mark.parametrize("path", DOCUMENTS, ids=shown)
def test_make_commands_exist(path):
    text = path.read_text(encoding="utf-8")
    commands = re.findall(r"(?:`|^ {4})make ([a-z]+)", text, flags=re.MULTILINE)
    assert set(commands) <= make_targets()


def test_make_help_lists_every_target():
    result = subprocess.run(
        ["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert (
        set(re.findall(r"^  make ([a-z]+)\t", result.stdout, flags=re.MULTILINE)) == make_targets()
    )


def documented_commands() -> list[str]:
    """Every `python -m cnn_core ...` of the documents, from code blocks and between backticks."""
    pattern = r"(?:`|^ {4})python -m cnn_core (\w[^`#\n]*)"
    found = {
        command.strip()
        for path in DOCUMENTS
        for command in re.findall(pattern, path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    }
    return sorted(found)


@pytest.mark.parametrize("command", documented_commands())
def test_documented_commands_are_understood(command):
    """The parser takes them as they stand there; what it does not know ends with SystemExit."""
    assert build_parser({"serve": add_commands}).parse_args(shlex.split(command)).run is not None


def test_readme_names_the_settings_that_are_read():
    read_by_the_code = set(re.findall(r"CNN_LAB_[A-Z]+", read("cnn_core/settings.py")))
    assert set(re.findall(r"CNN_LAB_[A-Z]+", read("README.md"))) == read_by_the_code


def test_supported_python_is_the_same_everywhere():
    project = tomllib.loads(read("pyproject.toml"))
    assert project["project"]["requires-python"] == ">=3.11,<3.14"
    assert project["tool"]["ruff"]["target-version"] == "py311"
    assert project["tool"]["mypy"]["python_version"] == "3.11"
    for place in ("Makefile", ".ci/run"):
        assert "(3, 11) <= sys.version_info[:2] <= (3, 13)" in read(place)
    assert "Python 3.11, 3.12 or 3.13" in read("README.md")


def test_decisions_are_numbered_and_whole():
    numbers = [int(path.name[:4]) for path in DECISIONS]
    assert numbers == list(range(1, len(numbers) + 1))
    for path in DECISIONS:
        text = path.read_text(encoding="utf-8")
        assert text.startswith(f"# {int(path.name[:4])}. "), path.name
        parts = re.findall(r"^\*\*(Context|Decision|Consequence)\.\*\*", text, flags=re.MULTILINE)
        assert parts == ["Context", "Decision", "Consequence"], path.name


def test_changelog_has_unreleased_changes():
    unreleased = read("CHANGELOG.md").split("## [Unreleased]")[1].split("\n## [")[0]
    assert re.search(r"^### (Added|Changed|Fixed|Removed)\n- ", unreleased, flags=re.MULTILINE)


def test_the_licence_is_the_unmodified_text():
    digest = hashlib.sha256((ROOT / "LICENSE").read_bytes()).hexdigest()
    assert digest == APACHE_2_SHA256
    assert "CC-BY-4.0" in read("weights/LICENSE")


def test_ci_is_executable_and_parses():
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    subprocess.run(["bash", "-n", str(script)], check=True, timeout=60)
