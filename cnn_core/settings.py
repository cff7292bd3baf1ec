"""Where things live on this machine, read once from the environment.

Only `ui`, `cli`, `serving` and `runtime` read settings; every other layer takes plain values.
Nothing is created here: a home comes into being when something is first written to it.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import platformdirs

APP_NAME = "cnn-lab"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The homes of data, weights and runs.

    Attributes:
        data: data sets, in torchvision's layout (`MNIST/raw/...`).
        weights: downloaded or added network weights.
        runs: the run store: `runs.sqlite` and a folder a run.
        warm_spare: whether the app keeps a worker with torch loaded, so that Start is immediate.
    """

    data: Path
    weights: Path
    runs: Path
    warm_spare: bool = True

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Read `CNN_LAB_HOME`, which moves all, and `CNN_LAB_DATA`, `_WEIGHTS`, `_RUNS`, `_SPARE`.

        >>> given = {"CNN_LAB_HOME": "/lab", "CNN_LAB_DATA": "/pool"}
        >>> Settings.from_environment(given).data.as_posix()
        '/pool'
        >>> Settings.from_environment(given).runs.as_posix()
        '/lab/runs'
        """
        environ = os.environ if environ is None else environ
        home = environ.get("CNN_LAB_HOME")
        cache = Path(home) if home else Path(platformdirs.user_cache_dir(APP_NAME, appauthor=False))
        state = Path(home) if home else Path(platformdirs.user_data_dir(APP_NAME, appauthor=False))

        def place(variable: str, default: Path) -> Path:
            return Path(environ.get(variable) or default).expanduser().absolute()

        return cls(
            data=place("CNN_LAB_DATA", cache / "data"),
            weights=place("CNN_LAB_WEIGHTS", cache / "weights"),
            runs=place("CNN_LAB_RUNS", state / "runs"),
            warm_spare=environ.get("CNN_LAB_SPARE", "1") != "0",
        )
