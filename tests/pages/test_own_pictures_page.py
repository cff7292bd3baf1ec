"""The page "VGG-16 · your pictures" under AppTest: bringing, looking over, deciding, the split."""

import io
import zipfile
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from cnn_core.data.pictures.drawn_flowers import write_drawn_flowers
from cnn_core.data.pictures.flowers import take_drawn_flowers
from cnn_core.data.pictures.folder import FolderSource
from cnn_core.data.pictures.intake import take_in
from cnn_core.data.pictures.store import PictureStore
from cnn_core.results.pictures import Decision
from cnn_core.runtime.kept_decisions import read_steps, write_steps
from cnn_core.ui.lab import laboratory
from cnn_core.ui.own_pictures import samples
from cnn_core.ui.own_pictures.bring import _COPYING
from cnn_core.ui.own_pictures.state import TABS
from cnn_core.ui.owner import token_digest

APP = Path(__file__).resolve().parents[2] / "app.py"
TOKEN = "t" * 43
SECONDS = 60


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Drawn flowers of two kinds: eight roses, one of them twice, six tulips, and a broken file."""
    folder = write_drawn_flowers(
        tmp_path_factory.mktemp("flowers") / "flowers", each=7, labels=("rose", "tulip")
    )
    roses = sorted((folder / "rose").iterdir())
    (folder / "rose" / "same.jpg").write_bytes(roses[0].read_bytes())
    (folder / "tulip" / "broken.jpg").write_bytes(b"no picture")
    return folder


@pytest.fixture
def lab(tmp_path, monkeypatch):
    """A laboratory with homes of its own."""
    monkeypatch.setenv("CNN_LAB_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CNN_LAB_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("CNN_LAB_SPARE", "0")
    monkeypatch.setattr(
        "streamlit.runtime.context.ContextProxy.cookies", {"cnn_lab_owner": TOKEN}, raising=True
    )
    made = laboratory()
    yield made
    made.launcher.close()


@pytest.fixture
def snapshot(lab, folder):
    return take_in(PictureStore(lab.settings.pictures), FolderSource(folder))


def draw(**query):
    app = AppTest.from_file(APP, default_timeout=SECONDS)
    app.switch_page("pages/own_pictures.py")
    for key, value in query.items():
        app.query_params[key] = value
    app.run()
    assert not app.exception
    return app


def words(app):
    return "\n".join(element.value for element in (*app.markdown, *app.caption, *app.subheader))


def buttons(app):
    return {button.label: button for button in app.button}


def copied(app):
    """Wait for what is being copied, and draw the page again."""
    if _COPYING in app.session_state:
        assert app.session_state[_COPYING].wait(SECONDS)
    return app.run()


def test_without_pictures_the_ways_and_their_limits_are_said(lab):
    app = draw()
    assert [tab.label for tab in app.tabs] == list(TABS)
    assert "At most 500 files and 1,000 MB" in words(app)
    assert {"Draw 150 flowers", "Download Oxford's flowers (345 MB)"} <= set(buttons(app))
    assert not app.error


def test_drawn_flowers_are_copied_opened_and_called_synthetic(lab, monkeypatch):
    few = partial(take_drawn_flowers, each=2)
    monkeypatch.setattr(samples, "take_drawn_flowers", few)
    app = draw()
    buttons(app)["Draw 150 flowers"].click().run()
    copied(app)
    assert not app.error
    (header,) = PictureStore(lab.settings.pictures).snapshots()
    assert app.query_params["pictures"] == header.id
    assert "10 pictures in 5 classes · synthetic" in words(app)


def test_a_folder_on_the_server_comes_from_below_the_opened_one_alone(lab, folder, monkeypatch):
    monkeypatch.setenv("CNN_LAB_BROWSE", str(folder.parent))
    app = draw()
    (ways,) = [group for group in app.button_group if "On the server" in group.options]
    ways.set_value("On the server").run()
    (choice,) = [box for box in app.selectbox if box.label.startswith("Folder or zip")]
    assert choice.options == [folder.name]
    choice.set_value(folder.name).run()
    buttons(app)["Copy and look it over"].click().run()
    copied(app)
    assert "15 pictures in 2 classes" in words(app)
    assert str(folder.parent) not in words(app)


def zipped(folder):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path in sorted(folder.rglob("*.jpg")):
            archive.write(path, path.relative_to(folder.parent).as_posix())
    return buffer.getvalue()


def test_a_zip_file_is_copied_and_the_control_is_empty_again(lab, folder):
    app = draw()
    (ways,) = [group for group in app.button_group if "Zip file" in group.options]
    ways.set_value("Zip file").run()
    (control,) = app.file_uploader
    assert control.allowed_type == [".zip"]
    control.set_value(("flowers.zip", zipped(folder), "application/zip")).run()
    copied(app)
    assert not app.error
    assert "15 pictures in 2 classes" in words(app)
    assert not app.file_uploader[0].value


def test_an_upload_of_more_than_may_come_is_refused_by_the_page_too(lab, monkeypatch):
    monkeypatch.setenv("CNN_LAB_UPLOAD_FILES", "2")
    app = draw()
    assert "At most 2 files" in words(app)
    files = [(f"roses/{number}.jpg", b"", "image/jpeg") for number in range(3)]
    app.file_uploader[0].set_value(files).run()
    (error,) = app.error
    assert "nothing of it was taken" in error.value
    assert _COPYING not in app.session_state
    app.file_uploader[0].set_value(files[:2]).run()
    copied(app)
    (error,) = app.error  # another one: neither is a picture
    assert "No picture" in error.value


def test_names_from_outside_are_no_markup(lab, folder):
    store = PictureStore(lab.settings.pictures)
    snapshot = take_in(store, FolderSource(folder), title="*a* [b](http://c.d)")
    assert r"\*a\* \[b\](http" in words(draw(pictures=snapshot.id))


def test_what_cannot_be_taken_in_is_said_with_what_to_do(lab, tmp_path, monkeypatch):
    (tmp_path / "browse" / "empty").mkdir(parents=True)
    monkeypatch.setenv("CNN_LAB_BROWSE", str(tmp_path / "browse"))
    app = draw()
    (ways,) = [group for group in app.button_group if "On the server" in group.options]
    ways.set_value("On the server").run()
    (choice,) = [box for box in app.selectbox if box.label.startswith("Folder or zip")]
    choice.set_value("empty").run()
    buttons(app)["Copy and look it over"].click().run()
    copied(app)
    (error,) = app.error
    assert "\n\n" in error.value  # a sentence and a hint
    assert str(tmp_path) not in error.value


def test_a_link_to_pictures_that_are_not_here_is_answered(lab):
    app = draw(pictures="f" * 64)
    assert len(app.error) == 1
    assert "Draw 150 flowers" in buttons(app)
    assert len(draw(pictures="../../etc").error) == 1


def test_the_check_up_tells_counts_and_what_was_found(lab, snapshot):
    app = draw(pictures=snapshot.id[:12])
    assert app.query_params["pictures"] == snapshot.id
    assert "15 pictures in 2 classes" in words(app)
    (table,) = app.dataframe
    assert table.value["Pictures"].tolist() == [8, 7]
    (pills,) = [group for group in app.button_group if group.key == "finding"]
    assert any("Same file twice (2)" in option for option in pills.options)
    pills.set_value("rejected").run()
    (rejected,) = app.dataframe
    assert rejected.value["File"].tolist() == ["tulip/broken.jpg"]


def test_pictures_are_left_out_at_once_and_taken_back(lab, snapshot):
    app = draw(pictures=snapshot.id, finding="exact-duplicates")
    buttons(app)["Leave out all but one of each group (1)"].click().run()
    assert not app.exception
    undo = buttons(app)["Undo: leave out 1 picture"]
    app = draw(pictures=snapshot.id)  # another visit of the same person
    (table,) = app.dataframe
    assert table.value["Pictures"].tolist() == [7, 7]
    buttons(draw(pictures=snapshot.id, look="all"))[undo.label].click().run()
    (table,) = draw(pictures=snapshot.id).dataframe
    assert table.value["Pictures"].tolist() == [8, 7]


def test_a_picture_gets_another_class_and_the_decisions_list_it(lab, snapshot):
    app = draw(pictures=snapshot.id, look="all", order="dark")
    (box,) = [
        box for box in app.selectbox if box.key.startswith("browse-") and "-class-" in box.key
    ]
    darkest = int(np.argmin([picture.brightness for picture in snapshot.pictures]))
    assert box.value == snapshot.pictures[darkest].label
    (other,) = set(snapshot.classes) - {box.value}
    box.set_value(other).run()
    assert not app.exception
    decided = draw(pictures=snapshot.id, look="decisions")
    assert "1 with another class" in words(decided)
    buttons(decided)["Take everything back (1)"].click().run()
    assert "Nothing is decided" in words(decided)


def test_the_split_is_shown_and_grouping_is_given_up_on_purpose(lab, snapshot):
    app = draw(pictures=snapshot.id, look="split")
    (table,) = app.dataframe
    assert table.value["All"].tolist() == [8, 7]
    parts = table.value[["Training", "Validation", "Test"]]
    assert parts.sum(axis=1).tolist() == [8, 7]
    (toggle,) = app.toggle
    assert toggle.value
    toggle.set_value(False).run()
    assert "can come out too high" in words(app)
    (kept,) = draw(pictures=snapshot.id, look="split").toggle
    assert not kept.value


def test_what_an_earlier_visit_decided_holds_and_can_be_undone(lab, snapshot):
    owner, home = token_digest(TOKEN), lab.settings.pictures
    step = (Decision(picture=0, action="exclude"),)
    write_steps(home, snapshot.id, owner, [step], grouped=True)
    app = draw(pictures=snapshot.id, look="decisions")
    assert "1 left out" in words(app)
    buttons(app)["Undo: leave out 1 picture"].click().run()
    assert read_steps(home, snapshot.id, owner) == ([], True)
