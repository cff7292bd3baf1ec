"""`train vgg16-folder` in a terminal: what may stand after --data, and what is refused."""

import pytest

from cnn_core.cli.main import build_parser
from cnn_core.cli.own_pictures import chosen_pictures
from cnn_core.data.pictures.drawn_flowers import LABELS, write_drawn_flowers
from cnn_core.data.pictures.store import PictureStore
from cnn_core.results.pictures import Decision, Selection
from cnn_core.runtime.picture_runs import read_plan
from cnn_core.settings import Settings

LITE0 = ("model=efficientnet-lite0", "head=light", "mode=frozen", "epochs=1", "views=1")


@pytest.fixture(scope="module")
def flowers(tmp_path_factory):
    """A folder with six pictures of each of two kinds."""
    folder = tmp_path_factory.mktemp("flowers")
    write_drawn_flowers(folder, each=6, labels=LABELS[:2])
    return folder


def test_a_folder_is_taken_in_and_trained_and_found_again_by_its_id(lab, store, flowers):
    said = lab("train", "vgg16-folder", "--data", str(flowers), "--set", *LITE0, "--json")
    assert said.code == 0, said.err
    assert said.json["status"] == "finished"
    assert said.json["dataset"]["train_size"] + said.json["dataset"]["valid_size"] <= 12
    assert "12 in 2 classes" in said.err
    assert "EfficientNet-Lite0 looks at the pictures: 12 of 12" in said.err
    (kept,) = PictureStore(Settings.from_environment().pictures).snapshots()
    assert read_plan(store.get(said.json["run"]).dataset).snapshot == kept.id
    words = f"--data {kept.id[:12]} --allow-duplicates --exclude 3 --relabel 0={LABELS[1]}"
    options = build_parser().parse_args(["train", "vgg16-folder", *words.split()])
    assert chosen_pictures(Settings.from_environment(), options) == Selection(
        snapshot=kept.id,
        decisions=(
            Decision(picture=3, action="exclude"),
            Decision(picture=0, action="relabel", label=LABELS[1]),
        ),
        grouped=False,
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "none were named"),
        (("--data", "nowhere-at-all"), "There is no folder or zip file"),
        (("--data", "0123456789ab"), "No snapshot begins with"),
        (("--set", "mode=sideways"), "mode must be one of"),
        (("--set", "model=lenet5"), "cannot be fine-tuned"),
        (("--data", "x", "--relabel", "rose"), "expects a number=class"),
        (("--data", "x", "--exclude", "three"), "named by its number"),
    ],
)
def test_what_cannot_be_trained_is_said_in_one_line(lab, arguments, words):
    said = lab("train", "vgg16-folder", "--set", "model=efficientnet-lite0", *arguments)
    assert said.code == 1
    assert words in said.err
    assert "Traceback" not in said.err


def test_decisions_are_for_own_pictures_alone(lab):
    said = lab("train", "lenet5-mnist", "--data", "digits", "--exclude", "3")
    assert said.code == 1
    assert "your own pictures" in said.err


def test_the_embedded_network_is_trained_where_vgg16_has_no_weights(lab):
    said = lab("train", "vgg16-folder")
    assert said.code == 1
    assert "No weights of VGG-16 are on this machine: EfficientNet-Lite0 is trained" in said.err
