"""Staged unfreezing as the specification has it: rates by stage, what waits stays as it was."""

import pytest
import torch

from cnn_core.results.events import EpochDone, StepsDone
from cnn_core.training.fit import fit
from cnn_core.training.recipes import find_recipe
from cnn_core.training.state import build_optimizer, weights_on_cpu
from tests.training.backbone import base_tensors, begin, settings

STAGED = find_recipe("xray-triage").presets["staged"].config


@pytest.fixture(scope="module")
def base():
    return base_tensors()


def staged():
    """The preset, on three dozen small pictures: a stage an epoch."""
    plain = {
        name: getattr(STAGED, name) for name in ("optimizer", "schedule", "weight_decay", "select")
    } | {
        name: getattr(STAGED, name)
        for name in ("learning_rate", "last_block_rate", "backbone_rate")
    }
    return settings(**plain, mode="all", epochs=4, unfreeze_epochs=1, batch_size=16)


def test_the_preset_is_the_specifications():
    assert (STAGED.mode, STAGED.optimizer, STAGED.schedule) == ("all", "adamw", "cosine")
    assert 3 <= STAGED.unfreeze_epochs <= 5
    assert STAGED.epochs > 3 * STAGED.unfreeze_epochs  # all of it learns, for a while
    assert STAGED.select == "auroc"
    assert STAGED.patience > STAGED.unfreeze_epochs  # a stage is not cut short by the one before


def test_each_deeper_group_has_a_third_of_the_rate(base):
    state, _ = begin(staged(), base)
    names = [name for name, _ in state.blocks]
    rates = dict(zip(names, (group["lr"] for group in state.optimizer.param_groups), strict=True))
    assert rates["head"] == 1e-3
    assert rates["layer4"] == pytest.approx(1e-4, rel=1e-12)
    assert rates["layer3"] == pytest.approx(1e-4 / 3, rel=1e-12)
    assert rates["layer2"] == pytest.approx(1e-4 / 9, rel=1e-12)
    assert rates["layer1"] == pytest.approx(1e-4 / 27, rel=1e-12)
    assert rates["stem"] == pytest.approx(1e-4 / 81, rel=1e-12)


def test_what_waits_for_its_stage_is_bit_for_bit_as_it_was(base):
    config = staged()
    state, splits = begin(config, base)
    before, learned, statistics, rates = weights_on_cpu(state.model), [], [], []
    for event in fit(state, splits, config):
        if isinstance(event, StepsDone):
            rates.append(event.learning_rate)
        if not isinstance(event, EpochDone):
            continue
        assert event.valid_auroc is not None
        after = weights_on_cpu(state.model)
        changed = {name for name in after if not torch.equal(before[name], after[name])}
        learned.append({name.partition(".")[0] for name in changed})
        moving = {name for name in changed if "running" in name or "tracked" in name}
        statistics.append({name.partition(".")[0] for name in moving})
        before = after
    blocks = {"layer1", "layer2", "layer3", "layer4"}
    assert learned[0] == {"fc"}
    assert learned[1] == {"layer4", "fc"}
    assert learned[2] == {"layer3", "layer4", "fc"}
    assert learned[3] == {"conv1", "bn1", "fc", *blocks}
    assert statistics == [set(), {"layer4"}, {"layer3", "layer4"}, {"bn1", *blocks}]
    assert rates == sorted(rates, reverse=True)  # half a cosine, to nearly nought
    assert rates[-1] < 0.05 * rates[0]


def test_decay_is_decoupled_from_the_gradient():
    """Loshchilov & Hutter 2019, algorithm 2: without a gradient weights shrink by rate x decay."""
    found = {}
    for name in ("adam", "adamw"):
        model = torch.nn.Linear(2, 1, bias=False)
        torch.nn.init.ones_(model.weight)
        config = settings(optimizer=name, learning_rate=0.1, weight_decay=0.5)
        optimizer = build_optimizer(model, config)
        model.weight.grad = torch.zeros_like(model.weight)
        optimizer.step()
        found[name] = model.weight[0, 0].item()
    assert found["adamw"] == pytest.approx(1 - 0.1 * 0.5, rel=1e-6)
    assert found["adam"] == pytest.approx(1 - 0.1, rel=1e-3)  # a whole step of Adam
