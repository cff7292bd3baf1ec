"""How films come in on the page "Chest X-ray study": uploads, turns, and whose they are."""

import dataclasses
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from cnn_core.data.films.set_text import film_set_id
from cnn_core.runtime import film_jobs
from cnn_core.runtime.film_jobs import FilmJob
from cnn_core.runtime.xray_runs import FILM_SET, film_store
from cnn_core.ui.owner import token_digest
from cnn_core.ui.xray.bring import UPLOADED
from cnn_core.ui.xray.work import JOB
from tests.film_sets import stored_film_set
from tests.pages.conftest import APP, TOKEN, draw, open_lab, words

OTHER = "o" * 43


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    (empty := tmp_path_factory.mktemp("none") / "pictures").mkdir()
    with pytest.MonkeyPatch.context() as monkeypatch:
        yield open_lab(tmp_path_factory.mktemp("home"), empty, monkeypatch)


@pytest.fixture(scope="module")
def films(lab):
    return stored_film_set(film_store(lab.settings), patients=3)


def another(films, name):
    made = dataclasses.replace(films, title=name, licence=name)
    return dataclasses.replace(made, id=film_set_id(made))


def tab(name, **query):
    return draw("xray", **{"xr-step": name, **query})


def test_other_films_wait_for_the_work_that_is_under_way(lab, films):
    app = AppTest.from_file(APP, default_timeout=60)
    app.switch_page("pages/xray.py")
    app.query_params.update({"xr-step": "Films", "films": films.id})
    with film_jobs._turn:
        app.session_state[JOB] = FilmJob(lab.settings, "First", {"kind": "audit", "film_set": "a"})
        app.run()
        assert not app.exception
        assert "others can be brought" in words(app)
        assert not app.get("file_uploader")
        app.session_state[JOB].stop()
        assert app.session_state[JOB].wait(60)


def test_an_upload_lies_below_the_store_under_no_name_of_its_file_and_goes(lab):
    incoming = lab.settings.pictures / "films" / "incoming"
    app = tab("Films")
    app.button_group(key="xray-way-first").set_value("Zip file").run()
    with film_jobs._turn:
        app.file_uploader[0].set_value(("Meier_Anna.zip", b"PK", "application/zip")).run()
        job = app.session_state[JOB]
        assert job.title == UPLOADED
        assert job._work["owner"] == token_digest(TOKEN)
        assert "Meier" not in words(app) + str(job._work)
        assert [path.name for path in incoming.rglob("*.zip")] == ["films.zip"]
        job.stop()
        assert job.wait(60)
    assert not list(incoming.rglob("*.zip"))


def test_work_that_is_refused_says_so_and_lets_its_upload_go(lab):
    def script():
        import streamlit as st

        from cnn_core.ui.xray.work import say_what_failed, start_work

        start_work(None, "Second", {"kind": "bring"}, finally_=lambda: st.text("gone"))
        say_what_failed()

    with film_jobs._turn:
        job = FilmJob(lab.settings, "First", {"kind": "audit", "film_set": "a"})
        app = AppTest.from_function(script)
        app.session_state[JOB] = job
        app.run()
        job.stop()
        assert job.wait(60)
    assert [each.value for each in app.text] == ["gone"]
    assert app.error[0].value.startswith("Second was not begun: First is still under way.")


def test_films_of_another_are_not_listed_and_open_by_an_address_that_names_them_alone(lab, films):
    store = film_store(lab.settings)
    mine, theirs = another(films, "My"), another(films, "Their")
    store.save(mine, owner=token_digest(TOKEN))
    store.save(theirs, owner=token_digest(OTHER))
    (listed,) = [each.options for each in tab("Films").selectbox if "already" in each.label]
    titles = [option.split(":")[0] for option in listed]
    assert "My" in titles
    assert "Their" not in titles
    assert "9 films in 3 classes" in words(tab("About", films=theirs.id))
    store.save(films, owner=token_digest(OTHER))
    assert store.is_listed(films.id, token_digest(TOKEN)), "what was everybody's stays so"


@pytest.mark.parametrize(
    ("owner", "address", "opens"),
    [
        (OTHER, "", False),
        (TOKEN, "", True),
        (OTHER, "theirs", True),
        (OTHER, "all", False),
    ],
)
def test_a_run_opens_films_of_another_for_its_owner_or_with_their_address(
    lab, films, owner, address, opens
):
    def script(settings, record):
        import streamlit as st

        from cnn_core.ui.xray.state import chosen_films

        chosen = chosen_films(settings, record)
        st.text(chosen.film_set.title if chosen else "none")

    theirs = another(films, "Their")
    film_store(lab.settings).save(theirs, owner=token_digest(OTHER))
    record = SimpleNamespace(owner=token_digest(owner), provenance={FILM_SET: theirs.id})
    app = AppTest.from_function(script, args=(lab.settings, record))
    if address:
        app.query_params["films"] = {"theirs": theirs.id, "all": films.id}[address]
    app.run()
    assert app.text[0].value == ("Their" if opens else "none")
    assert ["brought by somebody else" in each.value for each in app.error] == [True] * (not opens)
