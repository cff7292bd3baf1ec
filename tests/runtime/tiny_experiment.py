"""A real experiment that takes milliseconds: softmax regression on scikit-learn's digits.

`registered` puts it among the experiments, in a process of its own too.
"""

from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import torch

from cnn_core.concepts import registry
from cnn_core.concepts.experiment import Answer, Experiment, Planned, Seen
from cnn_core.concepts.settings import ExperimentSettings, setting
from cnn_core.concepts.training import drawn
from cnn_core.results.experiment_reading import Claim, ExperimentReading
from cnn_core.results.trials import Place, Share

ID = "tiny"
ARMS = ("pixels", "shuffled")


@dataclass(frozen=True, kw_only=True)
class TinySettings(ExperimentSettings):
    data: str = setting("digits", "Data", "What is learned from.", choices=("mnist", "digits"))
    steps: int = setting(20, "Steps", "Of gradient descent.", low=1, high=100_000)
    sizes: tuple[int, ...] = setting((50, 200), "Pictures", "To learn from.", low=10, high=1_000)
    rate: float = setting(1.0, "Rate", "Of learning.", low=0.0, high=1e308)


def prepare(settings, data, device):
    return data, device


def run_trial(planned, settings, prepared):
    """Descend; the pixels of arm "shuffled" are permuted by the seed."""
    data, device = prepared
    places = drawn(data.train, int(planned.condition), planned.seed)
    order = np.arange(784)
    if planned.arm == "shuffled":
        order = np.random.default_rng(planned.seed).permutation(784)

    def inputs(images):
        return torch.tensor(images.reshape(len(images), -1)[:, order] / 255.0, device=device)

    x, y = inputs(data.train.images[places]), torch.tensor(data.train.labels[places])
    held = inputs(data.test.images[:100]), torch.tensor(data.test.labels[:100])
    generator = torch.Generator().manual_seed(planned.seed)
    weights = torch.randn(784, 10, generator=generator, dtype=torch.float64, device=device) / 100
    for step in range(1, settings.steps + 1):
        logits = x @ weights
        loss = torch.nn.functional.cross_entropy(logits, y)
        wrong = logits.softmax(1) - torch.nn.functional.one_hot(y, 10)
        weights = weights - settings.rate * x.T @ wrong / len(y)
        right = float((held[0] @ weights).argmax(1).eq(held[1]).double().mean())
        yield Seen(at=step, of=settings.steps, loss=float(loss), accuracy=right)
    return {"accuracy": right, "loss": float(loss)}


def plan(settings):
    return tuple(
        Planned(arm=arm, seed=seed, condition=str(size), weight=float(size))
        for seed in range(settings.seed, settings.seed + settings.seeds)
        for size in settings.sizes
        for arm in ARMS
    )


def read(settings, trials):
    places = [Place(arm=arm, condition=str(settings.sizes[-1])) for arm in ARMS]
    difference = trials.difference("accuracy", *places)
    if difference is None:
        return ExperimentReading(answer="", headline="Nothing is known yet.", meaning=())
    same = Share(
        count=sum(abs(value) < 0.1 for value in difference.values.values()), of=difference.n
    )
    sentence = f"The order of the pixels changes less than 10 points in {same.text}."
    verdict = "holds" if same.count == same.of else "does not hold"
    claim = Claim(id="order", sentence=sentence, verdict=verdict, share=same, difference=difference)
    return ExperimentReading(
        answer="same", headline=sentence, meaning=("No pixel has a neighbour.",), claims=(claim,)
    )


EXPERIMENT = Experiment(
    id=ID,
    title="Does order matter?",
    question="Does a linear classifier mind the order of the pixels?",
    answers=(
        Answer(id="same", text="No, it sees no neighbours."),
        Answer(id="worse", text="Yes, it gets worse."),
        Answer(id="better", text="Yes, it gets better."),
    ),
    presets=MappingProxyType(
        {
            "quick": TinySettings(seeds=2),
            "full": TinySettings(seeds=4, steps=40),
            "study": TinySettings(seeds=3),
        }
    ),
    data=("mnist", "digits"),
    names=MappingProxyType({"pixels": "Pixels as they are", "shuffled": "Pixels shuffled"}),
    plan=plan,
    read=read,
    trials=__name__,
    seconds=MappingProxyType({"quick": 10.0}),
    citations=(),
)


def registered():
    """Put it among the experiments."""
    registry._ROWS[ID] = __name__
