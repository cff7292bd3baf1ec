"""The experiment on residual connections, as a row."""

from cnn_core.concepts.experiment import Answer, Experiment
from cnn_core.concepts.residual.arms import ARMS, Question, condition
from cnn_core.concepts.residual.plan import plan
from cnn_core.concepts.residual.reading import read
from cnn_core.concepts.residual.settings import DEEPEST, ResidualSettings

_QUESTION_WORDS: dict[Question, str] = {
    "gradient": "gradient before the first step",
    "fit": "training",
}

EXPERIMENT = Experiment(
    id="residual",
    title="Residual connections",
    question=(
        "A 32-layer network with BatchNorm and good starting weights has no shortcuts: "
        "what is wrong with it?"
    ),
    answers=(
        Answer(id="gradient", text="No gradient reaches its first layers."),
        Answer(id="fit", text="The gradient arrives, but it fits its training pictures worse."),
        Answer(id="test", text="It fits its training pictures as well, but new pictures worse."),
        Answer(id="nothing", text="Nothing: it does as well as with shortcuts."),
    ),
    presets={
        "quick": ResidualSettings(seeds=3, bare_depth=0),
        "full": ResidualSettings(seeds=5),
        "study": ResidualSettings(seeds=20),
    },
    data=("cifar10", "mnist", "digits"),
    names={
        **{arm.id: arm.words for arm in ARMS},
        **{
            condition(question, depth): f"{depth} layers, {words}"
            for question, words in _QUESTION_WORDS.items()
            for depth in range(8, DEEPEST + 1, 6)
        },
    },
    plan=plan,
    read=read,
    trials="cnn_core.concepts.residual.trials",
    seconds={"quick": 50.0, "full": 120.0, "study": 480.0},
    citations=(
        "He, Zhang, Ren and Sun (2016), Deep residual learning for image recognition, CVPR, "
        "770-778, https://doi.org/10.1109/CVPR.2016.90",
        "He, Zhang, Ren and Sun (2015), Delving deep into rectifiers, ICCV, 1026-1034, "
        "https://doi.org/10.1109/ICCV.2015.123",
        "Ioffe and Szegedy (2015), Batch normalization, ICML, 448-456, "
        "https://proceedings.mlr.press/v37/ioffe15.html",
        "Yang, Pennington, Rao, Sohl-Dickstein and Schoenholz (2019), A mean field theory of batch "
        "normalization, ICLR, https://arxiv.org/abs/1902.08129",
        "Goyal and others (2017), Accurate, large minibatch SGD: training ImageNet in 1 hour, "
        "https://arxiv.org/abs/1706.02677",
        "Zhang, Dauphin and Ma (2019), Fixup initialization: residual learning without "
        "normalization, ICLR, https://arxiv.org/abs/1901.09321",
    ),
)
