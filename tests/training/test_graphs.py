"""Recorded steps against steps as they are: on the CPU bit for bit, on a GPU as a CUDA graph."""

import copy
import dataclasses
import logging

import pytest
import torch

from cnn_core.models.registry import model_row
from cnn_core.results.events import RunFinished, StepsDone
from cnn_core.runtime.checkpoints import load_checkpoint, save_checkpoint
from cnn_core.training import graphs
from cnn_core.training.averaging import running_average, update_average
from cnn_core.training.distributed import World
from cnn_core.training.fit import fit
from cnn_core.training.graphs import WARM_UP_STEPS, StepTaker
from cnn_core.training.state import new_state, weights_on_cpu
from cnn_core.training.step import epoch_order, train_step
from cnn_core.training.tensors import split_examples
from cnn_core.training.timing import no_mark


def steps_of(config, examples, epochs):
    """Step numbers with their indices, the last of each epoch smaller."""
    step = 0
    for epoch in range(epochs):
        for indices in epoch_order(examples, config, epoch).split(config.batch_size):
            step += 1
            yield step, indices


def assert_equal(weights, others):
    assert weights.keys() == others.keys()
    assert all(torch.equal(weights[name], others[name]) for name in weights)


VARIANTS = [
    {},
    {"averaging": 0.9},
    {"optimizer": "sgd", "schedule": "one-cycle", "weight_decay": 1e-3},
    {"shift": 2, "rotation": 8.0, "averaging": 0.9, "schedule": "one-cycle"},
]


@pytest.mark.parametrize("changes", VARIANTS)
def test_steps_on_fixed_buffers_are_the_same_bit_for_bit(begin, config, changes):
    config = dataclasses.replace(config, **changes)
    recorded, replayed = [], []

    def record(body):
        recorded.append(body)
        return lambda: replayed.append(1) or body()

    plain, splits = begin(config)
    expected = [
        train_step(
            plain, splits.train, indices, config, step=step, total_steps=24, mark=no_mark
        ).item()
        for step, indices in steps_of(config, splits.train, 3)
    ]
    state, splits = begin(config)
    take = StepTaker(state, splits.train, config, total_steps=24, record=record)
    losses = [
        take(indices, step=step, mark=no_mark)
        for step, indices in steps_of(config, splits.train, 3)
    ]
    assert [loss.item() for loss in losses] == expected  # none overwritten by a later replay
    assert len(recorded) == 1
    assert len(replayed) == 3 * 7 - WARM_UP_STEPS  # the smaller last batches run as they are
    assert_equal(weights_on_cpu(state.model), weights_on_cpu(plain.model))
    assert_equal(weights_on_cpu(state.scored), weights_on_cpu(plain.scored))


def test_a_sampled_step_runs_as_it_is_between_replays(begin, config):
    state, splits = begin(config)
    plain, _ = begin(config)
    replays, marks = [], []
    take = StepTaker(
        state,
        splits.train,
        config,
        total_steps=24,
        record=lambda body: lambda: replays.append(1) or body(),
    )
    for step, indices in steps_of(config, splits.train, 2):
        mark = (lambda: marks.append(1)) if step == 7 else no_mark
        loss = take(indices, step=step, mark=mark)
        expected = train_step(
            plain, splits.train, indices, config, step=step, total_steps=24, mark=no_mark
        )
        assert torch.equal(loss, expected)
    assert len(marks) == 5
    assert len(replays) == 2 * 7 - WARM_UP_STEPS - 1


def test_what_cannot_be_captured_runs_as_it_is_and_the_log_says_why(begin, config, caplog):
    def record(body):
        raise RuntimeError("operation not permitted when stream is capturing\nmore of it")

    state, splits = begin(config)
    plain, _ = begin(config)
    take = StepTaker(state, splits.train, config, total_steps=24, record=record)
    with caplog.at_level(logging.WARNING, logger=graphs.__name__):
        for step, indices in steps_of(config, splits.train, 1):
            loss = take(indices, step=step, mark=no_mark)
            expected = train_step(
                plain, splits.train, indices, config, step=step, total_steps=24, mark=no_mark
            )
            assert torch.equal(loss, expected)
    assert not take.replays
    assert [record.getMessage() for record in caplog.records] == [
        "the step is not captured as a CUDA graph, it runs as it is: "
        "operation not permitted when stream is capturing"
    ]


def test_neither_the_cpu_nor_several_processes_record_anything(begin, config):
    state, splits = begin(config)
    on_cpu = StepTaker(state, splits.train, config, total_steps=24)
    shared = StepTaker(
        state, splits.train, config, total_steps=24, world=World(size=2), record=pytest.fail
    )
    for step, indices in steps_of(config, splits.train, 1):
        on_cpu(indices, step=step, mark=no_mark)
        shared(indices, step=step, mark=no_mark)
    assert not on_cpu.replays
    assert not shared.replays


def test_the_average_is_torchs_own_bit_for_bit(begin, config):
    state, _ = begin(config)
    model = state.model
    ours, torchs = running_average(model, 0.9), running_average(model, 0.9)
    draw = torch.Generator().manual_seed(0)
    for step in range(1, 6):
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.add_(torch.randn(parameter.shape, generator=draw))
        update_average(ours, model, begins=step == 1)
        torchs.update_parameters(model)
        assert_equal(weights_on_cpu(ours), weights_on_cpu(torchs))


@pytest.fixture
def on_gpu(pictures):
    """Return (state, splits) of a fresh run on the GPU."""
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")

    def begin(config):
        device, row = torch.device("cuda:0"), model_row("lenet5")
        splits = split_examples(
            pictures, row, share=config.validation_share, seed=config.seed, device=device
        )
        return new_state("lenet5", config, num_classes=10, device=device), splits

    return begin


@pytest.mark.gpu
@pytest.mark.parametrize("changes", VARIANTS)
def test_a_cuda_graph_takes_the_steps_that_eager_takes(on_gpu, config, changes):
    config = dataclasses.replace(config, **changes)
    plain, splits = on_gpu(config)
    expected = [
        train_step(plain, splits.train, indices, config, step=step, total_steps=24, mark=no_mark)
        for step, indices in steps_of(config, splits.train, 3)
    ]
    state, splits = on_gpu(config)
    take = StepTaker(state, splits.train, config, total_steps=24)
    losses = [
        take(indices, step=step, mark=no_mark)
        for step, indices in steps_of(config, splits.train, 3)
    ]
    assert take.replays
    torch.testing.assert_close(torch.stack(losses), torch.stack(expected), rtol=1e-3, atol=1e-4)


@pytest.mark.gpu
def test_replays_do_not_wait_for_the_device(on_gpu, config):
    config = dataclasses.replace(config, averaging=0.9, shift=2)
    state, splits = on_gpu(config)
    take = StepTaker(state, splits.train, config, total_steps=24)
    todo = list(steps_of(config, splits.train, 2))
    for step, indices in todo[:7]:
        take(indices, step=step, mark=no_mark)
    torch.cuda.set_sync_debug_mode("error")  # torch raises where something waits
    try:
        for step, indices in todo[8:15]:
            take(indices, step=step, mark=no_mark)
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert take.replays


@pytest.mark.gpu
def test_a_run_on_the_gpu_learns_stops_and_resumes(on_gpu, config, every_step, tmp_path):
    config = dataclasses.replace(config, averaging=0.5)
    state, splits = on_gpu(config)
    whole = list(fit(state, splits, config))
    assert isinstance(whole[-1], RunFinished)
    assert whole[-1].test_accuracy > 0.9
    state, splits = on_gpu(config)
    for event in fit(state, splits, config):
        state.stop = isinstance(event, StepsDone) and event.step >= 12
    name, digest = save_checkpoint(tmp_path, state)
    again, splits = on_gpu(config)
    load_checkpoint(tmp_path / name, digest, again)
    assert_equal(weights_on_cpu(again.model), weights_on_cpu(state.model))
    resumed = list(fit(again, splits, config))
    losses = [loss for event in resumed if isinstance(event, StepsDone) for loss in event.losses]
    expected = [loss for event in whole if isinstance(event, StepsDone) for loss in event.losses]
    assert losses == pytest.approx(expected[12:], rel=1e-2, abs=1e-3)


@pytest.mark.gpu
def test_the_states_tensors_stay_where_the_graph_writes(on_gpu, config):
    state, splits = on_gpu(config)
    take = StepTaker(state, splits.train, config, total_steps=24)
    before = None
    for step, indices in steps_of(config, splits.train, 2):
        take(indices, step=step, mark=no_mark)
        if step == 7:
            before = copy.deepcopy(weights_on_cpu(state.model))
    assert not torch.equal(before["fc3.bias"], weights_on_cpu(state.model)["fc3.bias"])
