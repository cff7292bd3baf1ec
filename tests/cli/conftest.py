"""The command line in this process: homes of its own, and what it wrote."""

import json
from dataclasses import dataclass

import pytest

from cnn_core.cli.main import main
from cnn_core.runtime import provenance
from cnn_core.runtime.store import RunStore
from cnn_core.settings import Settings


@dataclass(frozen=True)
class Said:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        """The one JSON value on standard output; anything else there is an error."""
        return json.loads(self.out)


@pytest.fixture(autouse=True)
def homes(tmp_path, monkeypatch):
    """Every test has homes of its own; what trains in this process does so in one thread."""
    monkeypatch.setattr(provenance, "training_threads", lambda: 1)
    monkeypatch.setenv("CNN_LAB_HOME", str(tmp_path / "home"))
    for name in ("CNN_LAB_DATA", "CNN_LAB_WEIGHTS", "CNN_LAB_RUNS"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "home"


@pytest.fixture
def store():
    return RunStore(Settings.from_environment().runs)


@pytest.fixture
def lab(capsys):
    """Run `python -m cnn_core ARGUMENTS` in this process."""

    def lab(*arguments):
        capsys.readouterr()
        try:
            code = main([*arguments])
        except SystemExit as exc:  # argparse: wrong usage, or --help
            code = exc.code
        return Said(code, *capsys.readouterr())

    return lab
