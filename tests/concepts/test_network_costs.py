"""What networks cost: the plan, what a measurement returns, and what is read from many."""

import dataclasses
import math

import pytest
import torch
import torchvision
from torch import nn

from cnn_core.concepts.network_costs.comparisons import among_many
from cnn_core.concepts.network_costs.memory import pass_bytes, weight_bytes
from cnn_core.concepts.network_costs.plan import plan
from cnn_core.concepts.network_costs.published import ONE_CROP
from cnn_core.concepts.network_costs.row import EXPERIMENT
from cnn_core.concepts.network_costs.settings import CostSettings
from cnn_core.concepts.network_costs.table import network_layers, totals
from cnn_core.concepts.network_costs.trials import prepare, run_trial
from cnn_core.concepts.settings import fields_of, validated
from cnn_core.errors import ConfigError
from cnn_core.results.trial_events import TrialDone
from cnn_core.results.trials import Trials, paired, spread_of

MIB = 1 << 20
TINY = CostSettings(networks=("lenet5",), batches=(1, 4), seeds=1)
MACS = {name: totals(network_layers(name)).macs for name in ("alexnet", "vgg16", "resnet18")}


def measure(settings, place=0, device="cpu"):
    """Return what a trial yields, and the figures that it returns."""
    trial = run_trial(plan(settings)[place], settings, prepare(settings, None, device))
    seen = []
    while True:
        try:
            seen.append(next(trial))
        except StopIteration as ended:
            return seen, ended.value


@pytest.fixture(scope="module")
def measured():
    """One picture, four, and a training step of four."""
    steps = CostSettings(networks=("lenet5",), batches=(4,), seeds=1, work="training")
    return measure(TINY), measure(TINY, 1), measure(steps)


def test_a_round_is_over_before_the_next_begins():
    planned = plan(CostSettings(seed=7))
    assert [each.seed for each in planned] == [7] * 8 + [8] * 8 + [9] * 8
    assert [(each.arm, each.condition) for each in planned[:3]] == [
        ("alexnet", "batch=1"),
        ("alexnet", "batch=4"),
        ("vgg16", "batch=1"),
    ]
    assert len({(each.arm, each.condition, each.seed) for each in planned}) == len(planned)


def test_work_is_weighed_by_what_is_computed():
    inference, training = (plan(CostSettings(work=work)) for work in ("inference", "training"))
    weights = {(each.arm, each.condition): each.weight for each in inference}
    assert weights["vgg16", "batch=4"] > 5 * weights["resnet18", "batch=4"]
    assert all(more.weight > less.weight for more, less in zip(training, inference, strict=True))


def test_both_places_can_be_measured_beside_each_other():
    planned = plan(CostSettings(networks=("lenet5",), where=("device", "cpu"), seeds=1))
    found = [each.condition for each in planned]
    assert found == ["batch=1", "batch=4", "batch=1 cpu", "batch=4 cpu"]
    assert all(condition in EXPERIMENT.names for condition in found)


def test_settings_out_of_range_are_refused_by_name():
    for changes, name in (
        ({"networks": ("resnet1",)}, "networks"),
        ({"batches": (0,)}, "batches"),
        ({"where": ("moon",)}, "where"),
        ({"passes": 1}, "passes"),
    ):
        with pytest.raises(ConfigError, match=name):
            validated(CostSettings(**changes))
    assert {"networks", "batches", "passes"} <= set(fields_of(CostSettings))
    assert all(validated(preset) is preset for preset in EXPERIMENT.presets.values())


def test_a_measurement_has_its_figures_and_no_loss(measured):
    (seen, figures), _, _ = measured
    assert [each.at for each in seen] == [1, 2, 3]
    assert all(math.isnan(each.loss) for each in seen)
    assert all(math.isfinite(value) for value in figures.values())
    assert 0 < figures["low_ms"] <= figures["median_ms"] <= figures["high_ms"]
    assert figures["images_per_second"] == pytest.approx(1e3 / figures["median_ms"])
    assert (figures["parameters"], figures["macs"]) == (44_426, 281_640)
    assert figures["weights_mib"] * MIB == 4 * 44_426
    assert (figures["gpu"], figures["threads"]) == (0, torch.get_num_threads())


def test_memory_grows_with_the_batch_and_with_what_training_keeps(measured):
    (_, one), (_, four), (_, training) = measured
    assert four["pass_mib"] > 2 * one["pass_mib"]
    assert training["pass_mib"] > four["pass_mib"] + one["weights_mib"]  # the gradients at least
    pictures = 4 * 28 * 28 * 4 / MIB
    assert four["peak_mib"] == pytest.approx(four["weights_mib"] + four["pass_mib"] + pictures)


def test_peak_memory_is_that_of_tensors_alive_together():
    network = nn.Sequential(nn.Flatten(), nn.Linear(10, 1_000), nn.Linear(1_000, 3_000), nn.ReLU())
    inputs = torch.zeros(2, 10)
    with torch.inference_mode():
        found = pass_bytes(lambda: network(inputs), torch.device("cpu"))
    # 2 x 3,000 numbers before and after ReLU; the 2 x 1,000 before them are free by then.
    assert found == 2 * 2 * 3_000 * 4
    assert weight_bytes(network) == 4 * (11 * 1_000 + 1_001 * 3_000)


def test_threads_are_as_they_were_after_a_measurement():
    before = torch.get_num_threads()
    _, figures = measure(CostSettings(networks=("lenet5",), batches=(1,), seeds=1, threads=2))
    assert (figures["threads"], torch.get_num_threads()) == (2, before)


def test_the_generator_of_the_process_is_left_alone():
    before = torch.random.get_rng_state()
    measure(TINY)
    assert torch.equal(before, torch.random.get_rng_state())


@pytest.mark.gpu
def test_a_gpu_is_measured_beside_the_processor():
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")
    settings = CostSettings(networks=("lenet5",), batches=(4,), seeds=1, where=("device", "cpu"))
    (_, gpu), (_, cpu) = (measure(settings, place, "cuda") for place in (0, 1))
    assert (gpu["gpu"], cpu["gpu"]) == (1, 0)
    assert gpu["weights_mib"] == cpu["weights_mib"]
    assert gpu["pass_mib"] > 0


def trials(times, *, macs=MACS, condition="batch=1", **more):
    """Return trials with these medians, by network, one a round."""
    done = []
    for name, rounds in times.items():
        for seed, median in enumerate(rounds):
            figures = {
                "median_ms": median,
                "macs": float(macs[name]),
                "parameters": float(totals(network_layers(name)).parameters),
                "images_per_second": 1e3 / median,
                "weights_mib": 10.0,
                "peak_mib": 40.0,
                "threads": 1.0,
                "gpu": 0.0,
            } | more
            done.append(
                TrialDone(
                    step=len(done) + 1,
                    arm=name,
                    condition=condition,
                    seed=seed,
                    names=list(figures),
                    figures=list(figures.values()),
                    seconds=1.0,
                    elapsed_seconds=1.0,
                )
            )
    return Trials(tuple(done))


@pytest.mark.parametrize(
    ("times", "answer"),
    [
        ([100.0, 101.0, 99.0], "less"),
        ([216.0, 217.0, 218.0], "as-counted"),
        ([400.0, 410.0, 405.0], "more"),
        ([100.0, 300.0, 217.0], ""),  # the interval reaches over more than one answer
        ([100.0], ""),  # one round has no interval
    ],
)
def test_the_answer_is_what_the_rounds_say(times, answer):
    found = EXPERIMENT.read(TINY, trials({"alexnet": [10.0] * len(times), "vgg16": times}))
    assert found.answer == answer
    claim = next(each for each in found.claims if each.id == "time-follows-macs")
    verdicts = {"as-counted": "holds", "": "cannot be told"}
    assert claim.verdict == verdicts.get(answer, "does not hold")
    assert claim.sentence.startswith("VGG-16 has 21.7 times AlexNet's multiply-accumulates")
    assert "on the processor, 1 thread" in found.headline


def test_the_question_says_what_is_counted():
    assert f"about {round(MACS['vgg16'] / MACS['alexnet'])} times" in EXPERIMENT.question
    rounds = {"alexnet": [10.0, 10.0, 10.1], "vgg16": [100.0, 101.0, 100.5]}
    less = EXPERIMENT.read(TINY, trials(rounds))
    assert "fetches 61 million weights and uses 96 % of them once" in less.meaning[0]


def test_pairs_of_networks_are_counted_by_what_can_be_told_apart():
    times = {
        "alexnet": [10.0, 10.2, 10.1],
        "resnet18": [20.0, 20.3, 20.1],
        "vgg16": [19.0, 21.0, 20.4],
    }
    found = {each.id: each for each in EXPERIMENT.read(TINY, trials(times)).claims}
    macs, parameters = found["fewer-macs-faster"], found["fewer-parameters-faster"]
    assert "Of 3 pairs" in macs.sentence
    assert "faster in 2 and slower in 0; 1 cannot be told apart" in macs.sentence
    assert macs.verdict == "cannot be told"
    assert parameters.verdict == "does not hold"  # ResNet-18 has fewer, and takes longer
    assert "faster in 1 and slower in 1" in parameters.sentence


def test_one_pair_of_many_is_not_told_apart_by_chance():
    rounds = [0.0, 0.1, 0.2]
    found = spread_of(paired(dict(enumerate([20.0, 20.3, 20.6])), dict(enumerate(rounds))))
    slow = {0: 1.0, 1: 1.1, 2: 1.2}
    assert found.apart
    assert among_many(found, 21).apart, "a large difference stays one"
    assert spread_of(slow).apart
    assert not among_many(spread_of(slow), 21).apart
    assert among_many(spread_of({0: 1.0, 1: 2.0}), 21).interval is None
    times = {"alexnet": [10.0, 10.6, 11.2], "resnet18": [9.25, 9.5, 9.75], "vgg16": [30, 31, 32]}
    claims = {each.id: each for each in EXPERIMENT.read(TINY, trials(times)).claims}
    order = claims["fewer-macs-faster"]
    assert "slower in 0; 1 cannot be told apart (95 % for all pairs together)" in order.sentence
    assert order.verdict == "cannot be told"


def test_a_larger_batch_is_compared_with_one_picture():
    one = trials({"alexnet": [10.0, 10.1, 9.9]})
    eight = trials({"alexnet": [40.0, 40.1, 39.9]}, condition="batch=8", images_per_second=200.0)
    found = EXPERIMENT.read(TINY, Trials(one.done + eight.done))
    claim = next(each for each in found.claims if each.id == "batches-help")
    assert claim.verdict == "holds"
    assert "of one picture at a time: AlexNet 2." in claim.sentence
    assert claim.sentence.endswith("more in 1, fewer in 0 of 1.")


def test_nothing_measured_and_a_gpu_are_read_too():
    nothing = EXPERIMENT.read(TINY, Trials())
    assert (nothing.answer, nothing.claims) == ("", ())
    assert EXPERIMENT.read(TINY, trials({"vgg16": [5.0]}, gpu=1.0)).headline == (
        "VGG-16 takes 5 ms for a picture (one picture at a time, on the GPU)."
    )


def test_published_errors_are_torchvisions():
    entries = {
        "alexnet": torchvision.models.AlexNet_Weights,
        "vgg16": torchvision.models.VGG16_Weights,
        "googlenet": torchvision.models.GoogLeNet_Weights,
        "resnet18": torchvision.models.ResNet18_Weights,
        "resnet34": torchvision.models.ResNet34_Weights,
        "resnet50": torchvision.models.ResNet50_Weights,
        "squeezenet1_1": torchvision.models.SqueezeNet1_1_Weights,
    }
    assert set(entries) == set(ONE_CROP)
    for name, weights in entries.items():
        told = weights.IMAGENET1K_V1.meta["_metrics"]["ImageNet-1K"]
        assert ONE_CROP[name].top1 == pytest.approx(100 - told["acc@1"], abs=5e-4)
        assert ONE_CROP[name].top5 == pytest.approx(100 - told["acc@5"], abs=5e-4)


def test_measurements_of_another_version_are_passed_over():
    known = trials({"alexnet": [10.0, 11.0, 12.0]})
    others = (
        trials({"alexnet": [1.0]}, condition="8 at once"),
        trials({"alexnet": [1.0]}, condition="batch=-8"),
        Trials(tuple(dataclasses.replace(each, arm="lenet9") for each in known.done)),
    )
    mixed = Trials((*(trial for other in others for trial in other.done), *known.done))
    assert EXPERIMENT.read(TINY, mixed) == EXPERIMENT.read(TINY, known)
