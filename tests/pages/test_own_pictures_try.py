"""The tabs "Try it" and "Take away" of the page of own pictures, on a network that answers."""

import io
import re
import zipfile

import pytest
from PIL import Image

from cnn_core.data.pictures.drawn_flowers import drawn_flower
from cnn_core.runtime.picture_runs import read_plan
from cnn_core.runtime.take_away import zip_name, zip_path
from cnn_core.ui.own_pictures.photos import MOST
from tests.pages.conftest import draw, labels, words


@pytest.fixture
def record(flower_run, monkeypatch):
    """A finished run whose home is the app's."""
    settings, record = flower_run
    monkeypatch.setenv("CNN_LAB_HOME", str(settings.runs.parent))
    for name in ("CNN_LAB_DATA", "CNN_LAB_WEIGHTS"):
        monkeypatch.delenv(name, raising=False)
    return record


def png(label="rose", number=300):
    file = io.BytesIO()
    drawn_flower(label, number).save(file, "PNG")
    return file.getvalue()


def test_before_a_run_both_tabs_say_what_comes_first(record):
    for step, then in (("Try it", "asked about pictures"), ("Take away", "packed")):
        app = draw(step=step)
        assert "Train a network first" in words(app)
        assert then in words(app)
        assert "Go to training" in labels(app)


def test_a_held_out_picture_is_answered_at_once_and_a_link_restores_another(record):
    plan = read_plan(record.dataset)
    app = draw(step="Try it", run=record.id)
    shown = words(app)
    assert re.search(r"#### :material/check_circle: (daisy|rose|tulip), \d", shown)
    assert "A test picture of your folder: the answer is " in shown
    assert "of the 6 nearest training pictures are" in shown
    captions = [image.proto.imgs[0].caption for image in app.get("image")]
    captions = [caption for caption in captions if " · " in caption]
    assert len(captions) == 6
    assert all(caption.endswith("· synthetic") for caption in captions)
    options = app.button_group[0].options
    assert options[-2:] == ["Cat (sample)", "Coffee (sample)"]
    cat = draw(step="Try it", run=record.id, **{"try": "cat"})
    assert "#### :material/help: None of these" in words(cat)
    assert "If it had to be one of the classes" in words(cat)
    stranger = draw(step="Try it", run=record.id, **{"try": "../x"})
    assert "A test picture of your folder" in words(stranger)
    assert plan.count("test") >= 3


def test_why_draws_a_map_and_says_how_far_it_can_be_believed(record):
    app = draw(step="Try it", run=record.id)
    app.toggle[0].set_value(True).run()
    assert not app.exception
    assert "Yellow speaks most for" in words(app)
    assert "Is it the network?" in words(app)
    assert app.selectbox[0].options == list(dict.fromkeys(app.selectbox[0].options))
    assert set(app.selectbox[0].options) == {"daisy", "rose", "tulip"}


def test_uploads_are_tried_together_and_bad_ones_are_said(record):
    app = draw(step="Try it", run=record.id)
    bad = b"no picture"
    app.file_uploader[0].set_value(
        [
            ("rose.png", png("rose"), "image/png"),
            ("<b>tulip</b>.png", png("tulip"), "image/png"),
            ("text.png", bad, "image/png"),
        ]
    ).run()
    assert not app.exception
    table = app.dataframe[0].value
    assert table["picture"].tolist() == ["rose.png", "<b>tulip</b>.png"]
    assert set(table["answer"]) <= {"daisy", "rose", "tulip", "none of these"}
    shown = words(app)
    assert "2 pictures: " in shown
    assert "text.png: The file is not a picture" in shown
    assert not app.file_uploader[0].value


def test_more_than_may_come_at_once_is_said(record):
    app = draw(step="Try it", run=record.id)
    small = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(small, "PNG")
    files = [(f"{index}.png", small.getvalue(), "image/png") for index in range(MOST + 2)]
    app.file_uploader[0].set_value(files).run()
    assert f"2 more than {MOST} pictures came" in words(app)
    assert len(app.dataframe[0].value) == MOST


def test_the_zip_is_offered_once_it_is_there_with_its_card(record, flower_run):
    path = zip_path(flower_run[0], record.id)
    path.unlink(missing_ok=True)  # another test of this process may have packed the shared run
    app = draw(step="Take away", run=record.id)
    assert "Pack the network" in labels(app)
    assert "About 27 MB" in words(app)
    assert f"take-away {record.id} --out model.zip" in app.code[0].value
    try:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(f"{zip_name(record)[:-4]}/MODEL_CARD.md", "# Flowers\n\n## Limits\n")
        app = draw(step="Take away", run=record.id)
        assert "Pack the network" not in labels(app)
        (link,) = app.get("link_button")
        assert link.proto.url == f"take-away/{record.id}.zip"
        assert zip_name(record) in words(app)
        assert zip_name(record).startswith("drawn-flowers-vgg16-folder-")
    finally:
        path.unlink()
