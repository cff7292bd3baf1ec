"""Fixtures for the pages of own pictures, and what draws a page under AppTest.

flower_home     a folder with the snapshot of 45 drawn flowers of three kinds, made once
own_lab         a laboratory with runs of its own over these pictures, for one test
module_lab      likewise, for all tests of a module
"""

import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cnn_core.data.pictures.drawn_flowers import LABELS
from cnn_core.data.pictures.flowers import take_drawn_flowers
from cnn_core.data.pictures.store import PictureStore
from cnn_core.ui.lab import laboratory

APP = Path(__file__).resolve().parents[2] / "app.py"
TOKEN = "t" * 43


def draw(page="own_pictures", **query):
    """Return a page as it is drawn for this address."""
    app = AppTest.from_file(APP, default_timeout=60)
    app.switch_page(f"pages/{page}.py")
    for key, value in query.items():
        app.query_params[key] = value
    app.run()
    assert not app.exception
    return app


def words(app):
    """Return everything that is written on a page."""
    return "\n".join(element.value for element in (*app.markdown, *app.caption))


def labels(app):
    """Return the buttons of a page by what is written on them."""
    return {button.label: button for button in app.button}


@pytest.fixture(scope="session")
def flower_home(tmp_path_factory):
    home = tmp_path_factory.mktemp("flowers")
    return home, take_drawn_flowers(PictureStore(home), each=15, labels=LABELS[:3])


def open_lab(home, flowers, monkeypatch):
    """Return a laboratory in `home` with these pictures, in which nothing trains what is queued."""
    shutil.copytree(flowers, home / "pictures")
    monkeypatch.setenv("CNN_LAB_HOME", str(home))
    monkeypatch.setenv("CNN_LAB_DATA", str(home / "data"))
    monkeypatch.setenv("CNN_LAB_WEIGHTS", str(home / "weights"))
    monkeypatch.setenv("TORCH_HOME", str(home / "torch"))
    monkeypatch.setenv("CNN_LAB_SPARE", "0")
    monkeypatch.setattr(
        "streamlit.runtime.context.ContextProxy.cookies", {"cnn_lab_owner": TOKEN}, raising=True
    )
    made = laboratory()
    made.launcher.close()
    monkeypatch.setattr(made.launcher, "dispatch", lambda: None)
    return made


@pytest.fixture
def own_lab(flower_home, tmp_path, monkeypatch):
    return open_lab(tmp_path, flower_home[0], monkeypatch)


@pytest.fixture(scope="module")
def module_lab(flower_home, tmp_path_factory):
    with pytest.MonkeyPatch.context() as monkeypatch:
        yield open_lab(tmp_path_factory.mktemp("home"), flower_home[0], monkeypatch)
