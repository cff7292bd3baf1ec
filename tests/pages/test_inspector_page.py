"""The page "Inspector" under AppTest: pictures in, links, which weights, every tab's first view."""

import io
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from cnn_core.models.bundled import bundled_lenet5_path
from cnn_core.ui.inspector import network, offer, page
from cnn_core.ui.inspector.engine import free_for_training, inspector

APP = Path(__file__).resolve().parents[2] / "app.py"
DETAILS = ("inspector-values", "inspector-arithmetic", "inspector-patches")


@pytest.fixture(autouse=True)
def _small_network(tmp_path, monkeypatch):
    """Homes of its own without weights, and LeNet-5 in the place of the embedded default."""
    for name in ("CNN_LAB_HOME", "CNN_LAB_DATA", "CNN_LAB_WEIGHTS", "TORCH_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("CNN_LAB_SPARE", "0")
    monkeypatch.setattr(network, "EMBEDDED", "lenet5")


def draw(**query):
    app = AppTest.from_file(APP, default_timeout=60)
    app.switch_page("pages/inspector.py")
    for key, value in query.items():
        app.query_params[key] = value
    app.run()
    assert not app.exception
    return app


def words(app):
    return "\n".join(element.value for element in (*app.markdown, *app.caption))


def png(side=40):
    file = io.BytesIO()
    Image.fromarray(np.full((side, side, 3), 200, np.uint8)).save(file, "PNG")
    return file.getvalue()


def test_page_opens_with_the_cat_and_says_which_weights():
    app = draw()
    assert not app.error
    assert app.selectbox(key="model").value == "lenet5"
    assert ":green-badge[trained]" in words(app)
    assert "6 maps of 24 × 24" in words(app)
    assert "sees the 5 × 5 pixels in the box" in words(app)
    assert app.query_params["layer"] == app.selectbox(key="layer").value
    assert "picture" not in app.query_params, "the default needs no link"
    assert "Memory: 1 network" in "".join(expander.label for expander in app.expander)


def test_what_is_no_picture_is_one_sentence_and_the_last_picture_stays():
    app = draw(picture="coffee")
    (uploader,) = [each for each in app.file_uploader if each.key == "inspector-upload"]
    uploader.set_value(("holiday.png", b"not a picture", "image/png")).run()
    (error,) = app.error
    assert error.value.startswith("The file is not a picture that can be read")
    assert app.query_params["picture"] == "coffee"
    assert "maps of" in words(app), "the page goes on with the picture before"
    app.file_uploader(key="inspector-upload").set_value(("a*b.png", png(), "image/png")).run()
    assert not app.error
    assert app.query_params["picture"] == "own"
    assert app.session_state["inspector-own-photo"].pixels.shape == (40, 40, 3)
    app.run()
    assert app.query_params["picture"] == "own", "it stays when the page is drawn again"


def test_link_to_somebodys_own_picture_says_where_it_stayed():
    app = draw(picture="own")
    assert "stayed with them" in app.info[0].value
    assert "maps of" in words(app)


def test_nonsense_in_the_address_is_said_or_left_aside():
    app = draw(
        model="run:../../etc",
        layer="<img>",
        tab="Everything",
        picture="x" * 500,
        channel="9" * 500,
        unit="-1",
        weights="stolen",
        relu="7",
    )
    assert not app.error
    said = "".join(info.value for info in app.info)
    assert "There is no network or finished run named" in said
    assert "There is no sample picture named" in said
    assert "6 maps of 24 × 24" in words(app)


def test_link_restores_network_layer_map_and_unit():
    layer = draw(model="lenet5-1998").selectbox(key="layer").options[1].split(" · ")[0]
    app = draw(model="lenet5-1998", layer=layer, channel="3", unit="7", picture="coins")
    assert app.selectbox(key="layer").value == layer
    assert app.number_input(key="inspector-map").value == 3
    assert app.number_input(key="inspector-column").value == 7
    app.number_input(key="inspector-column").set_value(2).run()
    assert app.query_params["unit"] == "2"
    app.number_input(key="inspector-map").set_value(5).run()
    assert app.query_params["channel"] == "5"
    (weights,) = [group for group in app.button_group if group.key == "weights"]
    assert weights.value == "best"


def test_random_weights_are_called_untrained():
    app = draw(weights="random")
    assert ":red-badge[untrained]" in words(app)
    assert not app.error


def test_download_that_fails_says_what_else_can_be_done(monkeypatch):
    app = draw(model="squeezenet1_1")
    assert ":red-badge[untrained]" in words(app)
    unknown = ("weights", "no-such-action")  # a command that ends at once, in place of a download
    monkeypatch.setattr(offer, "WEIGHTS", unknown)
    offer._fetcher.clear()
    (button,) = [each for each in app.button if each.label == "Download them"]
    button.click().run()
    deadline = time.monotonic() + 60
    while not app.error and time.monotonic() < deadline:
        app.run()
    offer._fetcher.clear()
    assert "The weights of SqueezeNet 1.1 were not downloaded" in app.error[0].value
    assert "`python -m cnn_core weights add squeezenet1_1 FILE`" in app.error[0].value


def test_weights_from_the_browser_are_safetensors_that_fit():
    app = draw(model="squeezenet1_1")
    (uploader,) = [each for each in app.file_uploader if each.key == "inspector-weights"]
    other = bundled_lenet5_path().read_bytes()
    uploader.set_value(("mine.safetensors", other, "application/octet-stream")).run()
    (error,) = app.error
    assert "Something went wrong" not in error.value, "LeNet-5's weights do not fit: one sentence"
    assert ":red-badge[untrained]" in words(app)


def test_filters_of_the_first_and_of_a_deeper_convolution():
    app = draw(tab="Filters")
    assert not app.error
    assert "6 filters of 5 × 5 over its one input" in words(app)
    layer = next(name for name in app.selectbox(key="layer").options if "16×" in name)
    app.selectbox(key="layer").set_value(layer.split(" · ")[0]).run()
    app.number_input(key="inspector-input").set_value(4).run()
    assert not app.exception
    assert "16 filters of 5 × 5 over input channel 4" in words(app)
    assert app.query_params["input"] == "4"


def test_details_of_a_map_are_drawn_where_they_are_opened():
    app = draw()
    assert "The network itself computed" not in words(app)
    for key in DETAILS:
        app.session_state[key] = True
    app.run()
    assert not app.exception
    assert not app.error
    assert "The network itself computed" in words(app)
    assert "units are dead in this picture" in words(app)
    assert "see where they answer most, over 10 photos" in words(app)


@pytest.mark.parametrize("tab", ["Why", "Switch off", "Compare"])
def test_every_tab_is_drawn(tab):
    app = draw(tab=tab)
    assert not app.error
    assert tab in page.TABS
    assert not app.info


@pytest.mark.parametrize("tab", ["Filters", "Maps"])
def test_every_layer_of_1998_is_drawn_sparse_and_subsampling_ones_too(tab):
    app = draw(model="lenet5-1998", tab=tab)
    for option in app.selectbox(key="layer").options:
        app.session_state["inspector-arithmetic"] = True
        app.selectbox(key="layer").set_value(option.split(" · ")[0]).run()
        assert not app.exception
        assert not app.error, option


def test_memory_can_be_freed():
    app = draw()
    free_for_training("cuda:0")
    assert inspector().cache_state().entries, "on the CPU they take nothing from a run on a GPU"
    app.button(key="inspector-free").click().run()
    assert not inspector().cache_state().entries
