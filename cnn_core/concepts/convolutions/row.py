"""The experiment of convolutions: its question, answers and presets."""

from cnn_core.concepts.convolutions.plan import NAMES, plan
from cnn_core.concepts.convolutions.reading import read
from cnn_core.concepts.convolutions.settings import DATA, ConvolutionSettings
from cnn_core.concepts.experiment import Answer, Experiment

EXPERIMENT = Experiment(
    id="convolutions",
    title="Why convolutions?",
    question=(
        "If the pixels of all digits are shuffled in one fixed way, does a CNN still read them "
        "better than a fully connected network with as many parameters?"
    ),
    answers=(
        Answer(id="ahead", text="Yes, it stays ahead"),
        Answer(id="level", text="They draw level"),
        Answer(id="behind", text="No, it falls behind"),
        Answer(id="guess", text="Neither reads anything any more"),
    ),
    presets={
        "quick": ConvolutionSettings(seeds=3, steps=250, judged=500, images=(100, 1_000)),
        "full": ConvolutionSettings(seeds=5),
        "study": ConvolutionSettings(seeds=20),
    },
    data=DATA,
    names=NAMES,
    plan=plan,
    read=read,
    trials="cnn_core.concepts.convolutions.trials",
    seconds={"quick": 47.0, "full": 145.0, "study": 580.0},
    citations=(
        "LeCun, Bottou, Bengio and Haffner (1998), Gradient-based learning applied to document "
        "recognition, Proceedings of the IEEE 86(11), 2278-2324, "
        "https://doi.org/10.1109/5.726791",
        "LeCun (1989), Generalization and network design strategies, technical report CRG-TR-89-4, "
        "University of Toronto",
        "Azulay and Weiss (2019), Why do deep convolutional networks generalize so poorly to small "
        "image transformations?, Journal of Machine Learning Research 20(184), 1-25, "
        "https://jmlr.org/papers/v20/19-519.html",
    ),
)
