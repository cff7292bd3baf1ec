"""The suite's own rules: what may be skipped, and that a test sees neither homes nor network."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
INNER = """
import pytest

@pytest.mark.browser
def test_browser():
    pytest.skip("no browser")

def test_data(mnist_home):
    pass

def test_weights(weights_home):
    pass

@pytest.mark.gpu
@pytest.mark.browser
def test_gpu():
    pytest.skip("no GPU")

def test_other():
    pytest.skip("another reason")

@pytest.mark.browser
@pytest.mark.xfail(strict=True)
def test_expected_to_fail():
    assert False
"""


def run_inner(folder: Path, **environ: str) -> str:
    """Run the inner suite under this suite's conftest and return pytest's output."""
    shutil.copy(ROOT / "pyproject.toml", folder)
    shutil.copy(ROOT / "tests" / "conftest.py", folder)
    (folder / "test_inner.py").write_text(INNER)
    clean = {
        name: value
        for name, value in os.environ.items()
        if name not in {"CI", "CNN_LAB_DATA", "CNN_LAB_WEIGHTS", "PYTEST_ADDOPTS"}
        and not name.startswith("CNN_LAB_REQUIRE")
    }
    clean["PYTHONPATH"] = str(ROOT)  # the conftest imports cnn_core
    command = [sys.executable, "-m", "pytest", "test_inner.py", "-p", "no:cacheprovider"]
    result = subprocess.run(
        command, cwd=folder, env=clean | environ, capture_output=True, text=True, check=False
    )
    return result.stdout


def test_skips_are_allowed_on_a_bare_machine(tmp_path):
    assert "5 skipped, 1 xfailed" in run_inner(tmp_path)


def test_ci_without_data_requires_the_browser_alone(tmp_path):
    output = run_inner(tmp_path, CI="true")
    assert "1 failed, 4 skipped, 1 xfailed" in output
    assert "browser: may not be skipped here, but was. Skipped: no browser" in output


@pytest.mark.parametrize(("kind", "lacks"), [("DATA", "MNIST/raw"), ("WEIGHTS", "*-imagenet*")])
def test_required_files_may_not_be_missing(tmp_path, kind, lacks):
    given = {f"CNN_LAB_REQUIRE_{kind}": "1", f"CNN_LAB_{kind}": str(tmp_path)}
    output = run_inner(tmp_path, **given)
    assert f"has no {lacks}" in output
    assert "4 skipped, 1 xfailed, 1 error" in output


def test_homes_are_the_suites_own():
    assert "cnn-lab-tests-" in os.environ["CNN_LAB_HOME"]
    assert "CNN_LAB_RUNS" not in os.environ
    assert os.environ["CNN_LAB_SPARE"] == "0"


def test_only_loopback_can_be_reached():
    with pytest.raises(OSError, match="without a network"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)
    with pytest.raises(socket.gaierror, match="without a network"):
        socket.getaddrinfo("example.org", 80)
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=5).close()
