"""`audit DIR`: a real folder, what is found in it, and how it would be split."""

import io

import pytest
from PIL import Image

from cnn_core.data.pictures.drawn_flowers import drawn_flower
from tests.data.picture_folders import write_folder

LABELS = ("daisy", "tulip")
EACH = 8


@pytest.fixture(scope="module")
def drawn():
    """JPEG files of two kinds of flower, by name."""
    files = {}
    for label in LABELS:
        for number in range(EACH):
            file = io.BytesIO()
            drawn_flower(label, number).save(file, "JPEG", quality=90)
            files[f"{label}/{number}.jpg"] = file.getvalue()
    return files


@pytest.fixture
def folder(tmp_path, drawn):
    """Write the flowers as a folder, with more files by path."""

    def write(more=()):
        return write_folder(tmp_path / "flowers", {**drawn, **dict(more)})

    return write


def _smaller(payload):
    file = io.BytesIO()
    Image.open(io.BytesIO(payload)).resize((120, 120)).save(file, "JPEG", quality=60)
    return file.getvalue()


def test_a_folder_is_audited_in_one_json_value(lab, folder, drawn):
    faults = {
        "daisy/again.jpg": drawn["daisy/2.jpg"],
        "tulip/small.jpg": _smaller(drawn["tulip/3.jpg"]),
        "tulip/mislaid.jpg": _smaller(drawn["daisy/5.jpg"]),
        "tulip/broken.jpg": drawn["tulip/1.jpg"][:500],
    }
    said = lab("audit", str(folder(faults)), "--json")
    assert said.code == 0, said.err
    found = said.json
    assert found["counts"] == {"daisy": EACH + 1, "tulip": EACH + 2}
    assert found["trainable"] is True
    by_kind = {finding["kind"]: finding for finding in found["findings"]}
    groups = {
        kind: {frozenset(found["names"][str(place)] for place in group) for group in each["groups"]}
        for kind, each in by_kind.items()
    }
    assert groups["exact-duplicates"] == {frozenset({"daisy/2.jpg", "daisy/again.jpg"})}
    assert groups["near-duplicates"] == {
        frozenset({"tulip/3.jpg", "tulip/small.jpg"}),
        frozenset({"daisy/5.jpg", "tulip/mislaid.jpg"}),
    }
    assert groups["across-classes"] == {frozenset({"daisy/5.jpg", "tulip/mislaid.jpg"})}
    assert [file["name"] for file in found["rejected"]] == ["tulip/broken.jpg"]
    split = found["split"]["classes"]
    assert {name: sum(parts.values()) for name, parts in split.items()} == found["counts"]
    assert all(parts["train"] and parts["valid"] for parts in split.values())


def test_copies_across_train_and_val_are_named(lab, tmp_path, drawn):
    parted = {
        f"{'train' if number < 6 else 'val'}/{label}/{number}.jpg": drawn[f"{label}/{number}.jpg"]
        for label in LABELS
        for number in range(EACH)
    }
    parted["val/daisy/copy.jpg"] = _smaller(drawn["daisy/0.jpg"])
    root = write_folder(tmp_path / "parted", parted)
    said = lab("audit", str(root))
    assert said.code == 0, said.err
    assert "2 pictures in 1 group of near-duplicates reach across train/ and val/." in said.out
    assert "1 training picture is left out: it has near-duplicates in val/." in said.out
    apart = lab("audit", str(root), "--allow-duplicates")
    assert "as you chose" in apart.out


def test_decisions_and_the_snapshot_can_be_named(lab, folder):
    first = lab("audit", str(folder()), "--json").json
    said = lab("audit", first["snapshot"][:12], "--exclude", "0", "--relabel", "1=tulip", "--json")
    assert said.json["counts"] == {"daisy": EACH - 2, "tulip": EACH + 1}
    assert said.json["snapshot"] == first["snapshot"]


def test_what_cannot_be_trained_on_is_an_exit_code(lab, folder):
    snapshot = lab("audit", str(folder()), "--json").json["snapshot"]
    daisies = [str(place) for place in range(EACH)]
    said = lab("audit", snapshot, "--exclude", *daisies)
    assert said.code == 1
    assert "problem: Training needs pictures of at least 2 classes, but only tulip has any." in (
        said.out
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["no-such-folder"], "no folder or zip file"),
        (["drawn-flowers", "--seed", "-1"], "seed must be between"),
    ],
)
def test_wrong_usage_is_one_sentence(lab, arguments, words):
    said = lab("audit", *arguments)
    assert said.code == 1
    assert words in said.err
    assert "Traceback" not in said.err
