"""The experiment "network-costs": what the networks cost on this machine."""

from cnn_core.concepts.experiment import Answer, Experiment
from cnn_core.concepts.network_costs.comparisons import batch_words
from cnn_core.concepts.network_costs.plan import condition, plan
from cnn_core.concepts.network_costs.reading import AS_COUNTED, LESS, MORE, read
from cnn_core.concepts.network_costs.settings import CPU, DEVICE, CostSettings
from cnn_core.models.registry import MODELS, model_row

_BATCHES = range(1, 65)


def _names() -> dict[str, str]:
    conditions = {
        condition(batch, where): batch_words(condition(batch, where))
        + (" (processor)" if where == CPU else "")
        for batch in _BATCHES
        for where in (DEVICE, CPU)
    }
    return {name: row.title for name, row in MODELS.items()} | conditions


_PHOTOS = tuple(name for name, row in MODELS.items() if row.classes == "imagenet")
_STUDIED = tuple(name for name in _PHOTOS if name not in ("alexnet-2012", "resnet34"))

EXPERIMENT = Experiment(
    id="network-costs",
    title="What networks cost",
    question="VGG-16 has about 22 times AlexNet's multiply-accumulates. Does it take 22 times as "
    "long for one picture?",
    answers=(
        Answer(id=LESS, text="Clearly fewer times"),
        Answer(id=AS_COUNTED, text="About as many times, within a quarter"),
        Answer(id=MORE, text="Clearly more times"),
    ),
    presets={
        "quick": CostSettings(),
        "full": CostSettings(seeds=5, networks=_PHOTOS, batches=(1, 8), passes=8),
        "study": CostSettings(seeds=20, networks=_STUDIED),
    },
    data=(),
    names=_names(),
    plan=plan,
    read=read,
    trials="cnn_core.concepts.network_costs.trials",
    seconds={"quick": 52.0, "full": 400.0, "study": 434.0},
    citations=tuple(dict.fromkeys(model_row(name).citation for name in _PHOTOS)),
)
