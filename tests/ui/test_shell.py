"""The shell without a browser: navigation, guard, what it says of the machine."""

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from cnn_core.ui import shell
from cnn_core.ui.catalog import PAGES_FOLDER

APP = PAGES_FOLDER.parent / "app.py"


def test_page_refuses_a_file_from_elsewhere(tmp_path):
    with pytest.raises(ValueError, match=r"expected a file in .*pages"):
        shell.page(str(tmp_path / "lenet5.py"), lambda: None)


def test_page_draws_once_inside_the_shell_and_runs_the_shell_outside(monkeypatch):
    drawn = []
    file = str(PAGES_FOLDER / "lenet5.py")

    def render():
        drawn.append("page")

    def run_app():
        drawn.append("shell")
        token = shell._shell_is_running.set(True)
        shell.page(file, render)
        shell._shell_is_running.reset(token)

    monkeypatch.setattr(shell, "run_app", run_app)
    shell.page(file, render)
    assert drawn == ["shell", "page"]


def test_deep_link_of_a_fresh_server_draws_the_page_once():
    """AppTest makes every run a fresh server's first: the page's file is what it runs."""
    app = AppTest.from_file(APP, default_timeout=60).switch_page("pages/runs.py").run()
    assert not app.exception
    assert [title.value for title in app.title] == ["Runs"]
    assert len(app.sidebar.caption) == 1


def test_a_page_that_fails_leaves_the_shell_standing(monkeypatch):
    real = st.navigation

    def fail():
        raise ZeroDivisionError("secret detail")

    def navigation(pages, **options):
        chosen = real(pages, **options)
        monkeypatch.setattr(chosen, "run", fail)
        return chosen

    monkeypatch.setattr(st, "navigation", navigation)
    app = AppTest.from_file(APP, default_timeout=60).run()
    assert not app.exception
    assert "Something went wrong" in app.error[0].value
    assert "secret detail" not in app.error[0].value
    assert app.sidebar.caption
    assert not shell._shell_is_running.get()


def test_sidebar_names_the_version_of_pyproject():
    app = AppTest.from_file(APP, default_timeout=60).run()
    project = (APP.parent / "pyproject.toml").read_text(encoding="utf-8")
    assert shell._version()
    assert f'version = "{shell._version()}"' in project
    assert shell._version() in app.sidebar.caption[0].value
    assert "CPU core" in app.sidebar.caption[0].value
