"""What the model card says, and the code in it, for every backbone and head."""

import dataclasses

import numpy as np
import pytest
import torch

from cnn_core.data.pictures.plan import make_plan
from cnn_core.errors import ConfigError
from cnn_core.models.fine_tuning import BACKBONES, build_fine_tuned, validate_fine_tuning
from cnn_core.models.registry import model_row
from cnn_core.results.config import HEADS
from cnn_core.results.inspection import WeightsState
from cnn_core.results.judgement import Judged, Judgement
from cnn_core.results.pictures import Decision, PictureFile, Rejected, Selection, Snapshot
from cnn_core.results.scores import score
from cnn_core.runtime.loading_code import count_parameters, loading_code
from cnn_core.runtime.model_card import CardFacts, model_card
from cnn_core.training.recipes import find_recipe

CLASSES = ("a|b", "<img src=x onerror=alert(1)>", "$title")


def _can_have(row_id, head):
    try:
        validate_fine_tuning(model_row(row_id), "frozen", head)
    except ConfigError:
        return False
    return True


PAIRS = [(row, head) for row in BACKBONES for head in HEADS if head and _can_have(row, head)]


@pytest.mark.parametrize(("row_id", "head"), PAIRS)
def test_code_builds_the_very_network_and_its_size_is_known(row_id, head, monkeypatch):
    row = model_row(row_id)
    monkeypatch.setattr("safetensors.torch.load_file", lambda path: kept)
    with torch.device("meta"):
        network = build_fine_tuned(row, head=head, num_classes=7)
        kept = network.state_dict()
        names = {}
        exec(loading_code(row, head, 7), names)
    built = names["network"]
    shapes = {name: each.shape for name, each in built.state_dict().items()}
    assert shapes == {name: each.shape for name, each in kept.items()}
    assert not built.training
    assert count_parameters(row, head, 7) == sum(each.numel() for each in built.parameters())


@pytest.fixture(scope="module")
def facts():
    """A run on twelve pictures of three classes with names that mean harm."""
    pictures = tuple(
        PictureFile(
            sha256=f"{index:064x}",
            size=1,
            name=f"{label}/`x`{index}.png",
            label=label,
            part="",
            width=9,
            height=9,
            phash=f"{index * 7919:016x}",
            mirrored_phash=f"{index * 104729:016x}",
            brightness=0.5,
            contrast=0.2,
        )
        for index, label in enumerate(CLASSES * 4)
    )
    snapshot = Snapshot(
        id="s" * 64,
        title="my *flowers*",
        classes=tuple(sorted(CLASSES)),
        pictures=pictures,
        rejected=(Rejected(name="x", reason="empty"),),
    )
    selection = Selection(
        snapshot=snapshot.id, decisions=(Decision(picture=0, action="exclude"),), grouped=False
    )
    plan = make_plan(snapshot, selection, seed=0, valid_share=0.3, test_share=0.0)
    return snapshot, plan


def card_of(facts, record, base=None):
    snapshot, plan = facts
    labels = np.array([label for label, part in zip(plan.labels, plan.parts, strict=True)
                       if part == "valid"])  # fmt: skip
    said = np.eye(3, dtype=np.float32)[labels]
    judged = Judged(part="valid", pictures=np.arange(len(labels)), labels=labels,
                    probabilities=said, embeddings=said)  # fmt: skip
    judgement = Judgement(
        classes=plan.classes,
        scores=(score(judged, plan.classes),),
        baselines=(),
        curve=(),
        curve_sentence="",
        reading=(),
    )
    return model_card(
        CardFacts(
            record=record,
            command="python -m cnn_core train vgg16-folder",
            plan=plan,
            snapshot=snapshot,
            judgement=judgement,
            row=model_row("vgg16"),
            base=base,
            parameters=14_717_253,
            files={"model.onnx": (12, "ab")},
            parity=(16, 3e-7, 2e-6),
            parity_part="valid",
        )
    )


@pytest.fixture
def record(store, new_run):
    config = find_recipe("vgg16-folder").presets["light"].config
    run_id = new_run(recipe="vgg16-folder", **dataclasses.asdict(config))
    return store.get(run_id)


def test_names_from_outside_stay_text(facts, record):
    card = card_of(facts, record)
    assert "<img" not in card.replace("\\<img", "")
    assert "| a\\|b |" in card
    assert "\\$title" in card
    assert "my \\*flowers\\*" in card


def test_what_flatters_and_what_is_not_known_is_said(facts, record):
    card = card_of(facts, record)
    assert "It began with random weights." in card
    assert "let stand on both sides of the split, on purpose: the scores flatter" in card
    assert "There were no test pictures" in card
    assert "compute in float32: an answer that was close can differ" in card
    assert "1 file could not be used as pictures." in card
    assert "Pictures: not stated by whoever brought them." in card
    assert "on 16 of its own validation pictures" in card


def test_the_licence_of_the_weights_it_began_with_is_stated(facts, record):
    base = WeightsState(
        kind="features", sentence="By the VGG, Oxford.", licence="CC BY 4.0", sha256="9d" * 32
    )
    card = card_of(facts, record, base)
    assert f"Weights that it began with: CC BY 4.0 (SHA-256 {'9d' * 32})." in card
    assert "By the VGG, Oxford." in card
