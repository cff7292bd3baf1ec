"""Where things live on this machine, read once from the environment.

Only `ui`, `cli`, `serving` and `runtime` read settings; every other layer takes plain values.
Nothing is created here: a home comes into being when something is first written to it.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import platformdirs

APP_NAME = "cnn-lab"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The homes of data, weights, runs and a person's own pictures, and what may come in.

    Attributes:
        data: data sets, in torchvision's layout (`MNIST/raw/...`).
        weights: downloaded or added network weights.
        runs: the run store: `runs.sqlite` and a folder a run.
        pictures: snapshots of a person's own pictures.
        features: outputs of frozen networks, kept so that they are computed once.
        browse: pictures on the server are taken from below this folder alone; None: none are.
        upload_files: at most so many files in one upload from a browser.
        upload_bytes: at most so many bytes in the uploads of one session.
        features_bytes: the cache of features grows to so many bytes, then the oldest goes.
        warm_spare: whether the app keeps a worker with torch loaded, so that Start is immediate.
        triage: the prediction log, its salt, and triage models made ready.
        triage_model: folder of the triage model that page, terminal and service use; None: the one
            that came with the project.
        api_key: what the service asks of its callers, "" for nothing.
        log_days: the prediction log forgets what is older, 0: nothing until it is purged.
    """

    data: Path
    weights: Path
    runs: Path
    pictures: Path = Path()
    features: Path = Path()
    browse: Path | None = None
    upload_files: int = 500
    upload_bytes: int = 10**9
    features_bytes: int = 20 * 10**9
    warm_spare: bool = True
    triage: Path = Path()
    triage_model: Path | None = None
    api_key: str = field(default="", repr=False)
    log_days: int = 0

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Read `CNN_LAB_HOME`, which moves all homes, and a variable for each setting.

        `CNN_LAB_DATA`, `_WEIGHTS`, `_RUNS`, `_PICTURES`, `_FEATURES`, `_BROWSE`, `_UPLOAD_FILES`,
        `_UPLOAD_MB`, `_FEATURES_MB`, `_SPARE`, `_TRIAGE`, `_TRIAGE_MODEL`, `_API_KEY`,
        `_LOG_DAYS`. A number that is none counts as not given.

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

        def named(variable: str) -> Path | None:
            return place(variable, Path()) if environ.get(variable) else None

        def number(variable: str, default: int) -> int:
            text = environ.get(variable, "").strip()
            return int(text) if text.isdecimal() else default

        return cls(
            data=place("CNN_LAB_DATA", cache / "data"),
            weights=place("CNN_LAB_WEIGHTS", cache / "weights"),
            runs=place("CNN_LAB_RUNS", state / "runs"),
            pictures=place("CNN_LAB_PICTURES", state / "pictures"),
            features=place("CNN_LAB_FEATURES", cache / "features"),
            browse=named("CNN_LAB_BROWSE"),
            upload_files=number("CNN_LAB_UPLOAD_FILES", 500),
            upload_bytes=number("CNN_LAB_UPLOAD_MB", 1_000) * 10**6,
            features_bytes=number("CNN_LAB_FEATURES_MB", 20_000) * 10**6,
            warm_spare=environ.get("CNN_LAB_SPARE", "1") != "0",
            triage=place("CNN_LAB_TRIAGE", state / "triage"),
            triage_model=named("CNN_LAB_TRIAGE_MODEL"),
            api_key=environ.get("CNN_LAB_API_KEY", "").strip(),
            log_days=number("CNN_LAB_LOG_DAYS", 0),
        )
