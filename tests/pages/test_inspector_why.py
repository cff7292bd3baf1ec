"""The inspector's tabs Why, Switch off and Compare, with the LeNet-5 that comes along."""

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cnn_core.errors import ConfigError
from cnn_core.results.inspection import METHODS, ModelChoice
from cnn_core.runtime.inspection import Inspector
from cnn_core.ui.inspector.engine import inspector
from cnn_core.ui.inspector.picture import sample_photo
from cnn_core.ui.inspector.switch_off import moved_sentence
from cnn_core.ui.inspector.why import EXPLAINED, TITLES

APP = Path(__file__).resolve().parents[2] / "app.py"
LENET5 = ModelChoice(name="lenet5")


@pytest.fixture(autouse=True)
def home(tmp_path_factory, monkeypatch):
    """Homes without weights or runs, the same for all tests: one network in memory serves them."""
    folder = tmp_path_factory.getbasetemp() / "inspector-home"
    monkeypatch.setenv("CNN_LAB_HOME", str(folder))
    monkeypatch.setenv("CNN_LAB_WEIGHTS", str(folder / "weights"))
    monkeypatch.setenv("CNN_LAB_SPARE", "0")


def draw(tab, **query):
    app = AppTest.from_file(APP, default_timeout=120)
    app.switch_page("pages/inspector.py")
    for key, value in {"tab": tab, "model": "lenet5", **query}.items():
        app.query_params[key] = value
    return app.run()


def words(app):
    assert not app.exception
    return "\n".join(element.value for element in (*app.markdown, *app.caption, *app.error))


def button(app, label):
    (found,) = [each for each in app.button if each.label == label]
    return found


def select(app, key):
    (found,) = [each for each in app.selectbox if each.key == key]
    return found


def bars(app):
    """Return the probabilities in the chart, a list for each of its rows of bars."""
    (chart,) = app.get("plotly_chart")
    traces = json.loads(chart.proto.spec)["data"]
    return [trace["x"] for trace in traces if trace["type"] == "bar"]


def link(app):
    """Return which channels the address bar says are off."""
    found = app.query_params.get("off")
    return found[-1] if isinstance(found, list) else found


def prepared():
    return inspector().prepare(LENET5, sample_photo("cat"))


def test_why_keeps_what_it_found_and_names_its_method_and_its_proof(monkeypatch):
    asked = []
    attribute = Inspector.attribute

    def counted(self, choice, picture, method, target, **more):
        asked.append((method, target))
        return attribute(self, choice, picture, method, target, **more)

    monkeypatch.setattr(Inspector, "attribute", counted)
    app = draw("Why", method="occlusion", **{"class": "3"})
    assert not app.error
    said = words(app)
    assert EXPLAINED["occlusion"] in said
    assert "Orange speaks for 3" in said
    assert "**Can it be believed?**" in said
    assert "Deletion 0." in said
    assert "**Is it the network?**" in said
    assert "rank correlation" in said
    found = inspector().predict(LENET5, prepared())
    assert bars(app)[0] == pytest.approx([share for _, _, share in found.top(5)])
    select(app, "method").select("grad-cam").run()
    assert "Yellow speaks most for 3 (of conv2)" in words(app)
    (slider,) = app.slider
    slider.set_value(20).run()
    select(app, "method").select("occlusion").run()
    assert EXPLAINED["occlusion"] in words(app)
    assert asked == [("occlusion", 3), ("grad-cam", 3)]


def test_a_link_to_what_is_not_there_falls_back_and_an_error_is_one_sentence(monkeypatch):
    def refuse(*_arguments, **_options):
        raise ConfigError("The layer has no maps.", hint="Choose another method.")

    monkeypatch.setattr(Inspector, "attribute", refuse)
    app = draw("Why", method="tea-leaves", **{"class": "77"})
    index, _, _ = inspector().predict(LENET5, prepared()).top(1)[0]
    assert select(app, "inspector-class").value == index
    assert select(app, "method").value == METHODS[0]
    assert [each.value for each in app.error] == [
        "The layer has no maps.\n\nChoose another method."
    ]
    assert f"{TITLES[METHODS[0]]} …" not in words(app)


@pytest.mark.parametrize("tab", ["Why", "Switch off"])
def test_a_network_without_classes_says_so_and_what_to_do(tab):
    app = draw(tab, weights="random")
    assert "LeNet-5 is untrained here: it names no classes" in words(app)
    assert not app.get("plotly_chart")
    button(app, "Take the trained weights").click().run()
    assert "it names no classes" not in words(app)
    assert app.get("plotly_chart")


def test_switching_channels_off_moves_the_probabilities_and_the_link():
    app = draw("Switch off", off="conv1:5,1,99,x")
    assert link(app) == "conv1:1,5"
    asked, picture = inspector(), prepared()
    before = asked.predict(LENET5, picture)
    after = asked.predict(LENET5, picture, off=(("conv1", (1, 5)),))
    assert f"**{moved_sentence(before, after, (1, 5))}**" in words(app)
    shown = bars(app)
    tops = [index for index, _, _ in before.top(5)]
    assert shown[0][:5] == pytest.approx([before.probabilities[index] for index in tops])
    assert shown[1][:5] == pytest.approx([after.probabilities[index] for index in tops])
    button(app, "Switch all on").click().run()
    assert link(app) is None
    assert "All channels are on" in words(app)
    button(app, "The 5 strongest off").click().run()
    strength = asked.maps(LENET5, picture, "conv1").strength
    strongest = sorted(range(6), key=lambda channel: -strength[channel])[:5]
    assert link(app) == f"conv1:{','.join(map(str, sorted(strongest)))}"
    select(app, "inspector-off-layer").select("conv2").run()
    assert link(app) is None
    button(app, "A random 10 % off").click().run()
    name, _, channels = link(app).partition(":")
    assert name == "conv2"
    assert len(channels.split(",")) == 2  # of 16
    (channels,) = app.multiselect
    channels.set_value([0, 7]).run()
    assert link(app) == "conv2:0,7"


@pytest.mark.parametrize(
    ("query", "left", "right"),
    [
        ({}, "LeNet-5 (trained), conv1, cat", "LeNet-5 (untrained), conv1, cat"),
        (
            {"compare": "layers", "layer2": "conv2"},
            "LeNet-5 (trained), conv1, cat",
            "LeNet-5 (trained), conv2, cat",
        ),
        (
            {"compare": "networks", "weights": "random"},
            "LeNet-5 (untrained), conv1, cat",
            "LeNet-5 of 1998 (untrained), c1, cat",
        ),
        (
            {"compare": "pictures", "picture2": "rocket"},
            "LeNet-5 (trained), conv1, cat",
            "LeNet-5 (trained), conv1, rocket",
        ),
    ],
)
def test_both_sides_say_what_they_are(query, left, right):
    app = draw("Compare", **query)
    assert not app.error
    said = words(app)
    assert f"**{left}**" in said
    assert f"**{right}**" in said
    assert "maps a row, each map on its own scale" in said
    assert ("It says" in said) == ("(trained)" in said)


def test_two_sides_without_trained_weights_are_not_the_same_network():
    app = draw("Compare", model="lenet5-1998")
    helps = [each.help for each in app.markdown if "(untrained)" in each.value]
    assert len(helps) == 2
    assert helps[0] != helps[1]
