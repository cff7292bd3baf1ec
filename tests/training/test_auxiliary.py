"""Auxiliary heads in training: what goes down, what is reported, all that wraps a step."""

import dataclasses
import itertools

import pytest
import torch
from torch import distributed
from torch.nn import functional as F  # noqa: N812
from torch.nn.parallel import DistributedDataParallel

from cnn_core.errors import ConfigError
from cnn_core.models.registry import model_row
from cnn_core.models.stages import WithAuxiliary
from cnn_core.results.config import TrainConfig
from cnn_core.results.events import RunFinished, StepsDone
from cnn_core.runtime.checkpoints import load_checkpoint, save_checkpoint
from cnn_core.training.evaluate import evaluate
from cnn_core.training.examples import FrontAtEveryStep
from cnn_core.training.fine_tuned import new_fine_tuned_state
from cnn_core.training.fit import fit
from cnn_core.training.graphs import WARM_UP_STEPS, StepTaker
from cnn_core.training.objective import Minimised, minimised, objective
from cnn_core.training.precision import forward
from cnn_core.training.state import weights_on_cpu
from cnn_core.training.step import epoch_order, train_step
from cnn_core.training.tensors import Splits
from cnn_core.training.timing import no_mark
from cnn_core.training.unfreezing import set_learning

ROW = model_row("googlenet-cifar-tiny")
CPU = torch.device("cpu")
CONFIG = TrainConfig(
    epochs=2,
    batch_size=8,
    learning_rate=0.05,
    optimizer="sgd",
    mode="scratch",
    head="light",
    auxiliary=0.3,
    label_smoothing=0.1,
    precision="float32",
)
PIXELS = torch.randn(24, 3, 32, 32, generator=torch.Generator().manual_seed(1))
LABELS = torch.arange(24) % 3


def new_state(config=CONFIG, *, dropout=0.2):
    return new_fine_tuned_state(ROW, config, num_classes=3, base=None, device=CPU, dropout=dropout)


def begin(config=CONFIG):
    state = new_state(config)
    examples = FrontAtEveryStep(
        load=lambda places, _views: PIXELS[places], front=state.front, labels=LABELS
    )
    return state, Splits(train=examples, valid=examples, test=examples)


def losses(events):
    return [loss for event in events if isinstance(event, StepsDone) for loss in event.losses]


def assert_equal(weights, others):
    assert weights.keys() == others.keys()
    assert all(torch.equal(weights[name], others[name]) for name in weights)


@pytest.mark.parametrize("balanced", [True, False])
def test_what_goes_down_is_main_and_weighted_auxiliary_losses(balanced):
    draw = torch.Generator().manual_seed(2)
    main, first, second = (torch.randn(24, 3, generator=draw) for _ in range(3))
    config = dataclasses.replace(CONFIG, class_weights="balanced" if balanced else "none")
    labels = torch.tensor([0, 0, 0, 1, 1, 2]).repeat(4)
    weights = torch.tensor([24 / 36, 1.0, 2.0]) if balanced else torch.ones(3)

    def by_hand(logits):
        chances = logits.softmax(dim=1)
        of_label = -chances.gather(1, labels[:, None]).log()[:, 0]
        of_all = -chances.log().mean(dim=1)
        return ((0.9 * of_label + 0.1 * of_all) * weights[labels]).mean()

    outputs = WithAuxiliary(main, (first, second))
    descended = minimised(new_state().model, config, labels)
    expected = by_hand(main) + 0.3 * (by_hand(first) + by_hand(second))
    assert descended(outputs, labels).item() == pytest.approx(expected.item(), rel=1e-5)
    assert descended(main, labels).item() == pytest.approx(by_hand(main).item(), rel=1e-5)
    reported = objective(new_state().model, outputs, labels)
    assert torch.equal(reported, F.cross_entropy(main, labels))


def test_auxiliary_heads_alone_change_what_goes_down():
    config = dataclasses.replace(CONFIG, label_smoothing=0.0)
    model = new_state(config).model
    assert minimised(model, config, LABELS) == Minimised(weights=None, smoothing=0, auxiliary=0.3)
    assert minimised(model, dataclasses.replace(config, auxiliary=0.0), LABELS) is None


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
def test_training_gives_three_heads_in_float32_and_evaluation_one(precision):
    state, splits = begin()
    outputs = forward(state.model.train(), PIXELS, precision)
    assert isinstance(outputs, WithAuxiliary)
    found = (outputs.logits, *outputs.auxiliary)
    assert [(each.dtype, *each.shape) for each in found] == [(torch.float32, 24, 3)] * 3
    assert not any(torch.equal(one, other) for one, other in itertools.combinations(found, 2))
    assert evaluate(state.model, splits.valid, precision).logits.shape == (24, 3)
    assert state.model.training
    assert isinstance(forward(state.model.eval(), PIXELS[:1], precision), torch.Tensor)


def test_each_head_learns_and_the_reported_loss_is_the_main_heads():
    state, splits = begin()
    before = weights_on_cpu(state.model)
    torch.manual_seed(0)
    loss = train_step(
        state,
        splits.train,
        torch.arange(24),
        CONFIG,
        step=1,
        total_steps=6,
        mark=no_mark,
        minimised=minimised(state.model, CONFIG, LABELS),
    )
    after = weights_on_cpu(state.model)
    assert all(
        not torch.equal(before[name], after[name])
        for name in ("conv1.conv.weight", "aux1.fc2.weight", "aux2.conv.bn.weight", "fc.weight")
    )
    again, _ = begin()
    plain = dataclasses.replace(CONFIG, auxiliary=0.0, label_smoothing=0.0)
    alone = train_step(
        again, splits.train, torch.arange(24), plain, step=1, total_steps=6, mark=no_mark
    )
    assert torch.equal(loss, alone)
    assert torch.equal(before["aux1.fc2.weight"], weights_on_cpu(again.model)["aux1.fc2.weight"])


def test_a_run_resumes_bit_for_bit(tmp_path):
    config = dataclasses.replace(CONFIG, averaging=0.5)
    whole, splits = begin(config)
    events = list(fit(whole, splits, config))
    assert isinstance(events[-1], RunFinished)
    first, splits = begin(config)
    seen = []
    for event in fit(first, splits, config):
        seen.append(event)
        first.stop = isinstance(event, StepsDone) and event.step >= 2
    name, digest = save_checkpoint(tmp_path, first)
    again, splits = begin(config)
    load_checkpoint(tmp_path / name, digest, again)
    assert losses(seen) + losses(fit(again, splits, config)) == losses(events)
    assert_equal(weights_on_cpu(again.model), weights_on_cpu(whole.model))
    assert_equal(weights_on_cpu(again.scored), weights_on_cpu(whole.scored))
    assert "aux1.fc1.weight" in weights_on_cpu(whole.model)


def test_recorded_steps_drop_what_eager_ones_drop():
    def steps():
        order = [epoch_order(splits.train, CONFIG, epoch).split(8) for epoch in range(3)]
        return enumerate(itertools.chain.from_iterable(order), start=1)

    replayed, found = [], []
    for record in (None, lambda body: lambda: replayed.append(1) or body()):
        state, splits = begin()
        take = StepTaker(
            state,
            splits.train,
            CONFIG,
            total_steps=9,
            record=record,
            minimised=minimised(state.model, CONFIG, LABELS),
        )
        assert state.drops
        found.append([take(indices, step=step, mark=no_mark) for step, indices in steps()])
    assert torch.equal(torch.stack(found[0]), torch.stack(found[1]))
    assert len(replayed) == 9 - WARM_UP_STEPS


def test_gradual_unfreezing_asks_the_auxiliary_heads_once_they_learn():
    config = dataclasses.replace(CONFIG, mode="all", unfreeze_epochs=1)
    state = new_state()
    with_heads = []
    for epoch in range(4):
        state.model.train()
        set_learning(state, config, epoch)
        outputs = state.model(PIXELS[:4])
        with_heads.append(isinstance(outputs, WithAuxiliary))
    assert with_heads == [False, False, True, True]  # head, inception5, inception4, inception3


def test_several_processes_take_the_same_step(tmp_path):
    """In a world of one: DistributedDataParallel hands on all heads, with their gradients."""
    state, _ = begin()
    descended = minimised(state.model, CONFIG, LABELS)
    found = []
    distributed.init_process_group(
        "gloo", init_method=f"file://{tmp_path / 'met'}", rank=0, world_size=1
    )
    try:
        for network in (state.model, DistributedDataParallel(state.model)):
            torch.manual_seed(0)
            state.optimizer.zero_grad()
            descended(forward(network, PIXELS, torch.float32), LABELS).backward()
            found.append({n: p.grad.clone() for n, p in state.model.named_parameters()})
    finally:
        distributed.destroy_process_group()
    assert found[0].keys() == found[1].keys()
    for name, gradient in found[0].items():
        torch.testing.assert_close(found[1][name], gradient, rtol=1e-5, atol=1e-7)
    assert found[1]["aux2.fc2.weight"].abs().sum() > 0


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"mode": "frozen"}, "expected mode=scratch, but got mode=frozen"),
        ({"model": "resnet18"}, "ResNet-18 has no auxiliary heads"),
    ],
)
def test_what_cannot_have_them_is_said(changes, said):
    config = dataclasses.replace(CONFIG, **changes)
    row = model_row(config.model or ROW.id)
    with pytest.raises(ConfigError, match=said):
        new_fine_tuned_state(row, config, num_classes=3, base=None, device=CPU)


@pytest.mark.gpu
def test_a_cuda_graph_drops_what_eager_steps_drop():
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")
    device = torch.device("cuda:0")
    found = []
    for record in (lambda body: body, None):
        state = new_fine_tuned_state(
            ROW, CONFIG, num_classes=3, base=None, device=device, dropout=0.5
        )
        labels = LABELS.to(device)
        examples = FrontAtEveryStep(
            load=lambda places, _views: PIXELS[places], front=state.front, labels=labels
        )
        take = StepTaker(
            state,
            examples,
            CONFIG,
            total_steps=9,
            record=record,
            minimised=minimised(state.model, CONFIG, labels),
        )
        order = torch.arange(24, device=device).split(8) * 3
        found.append([take(each, step=i, mark=no_mark) for i, each in enumerate(order, start=1)])
        assert take.replays
    torch.testing.assert_close(torch.stack(found[1]), torch.stack(found[0]), rtol=1e-2, atol=1e-3)
