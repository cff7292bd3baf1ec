"""The experiment behind VGG's design: a stack of small kernels against one large kernel."""

from cnn_core.concepts.experiment import Answer, Experiment
from cnn_core.concepts.stacked_kernels.plan import plan
from cnn_core.concepts.stacked_kernels.reading import read
from cnn_core.concepts.stacked_kernels.settings import StackedKernelSettings
from cnn_core.concepts.stacked_kernels.shapes import LINEAR, ONE, STACK, WIDE

EXPERIMENT = Experiment(
    id="stacked-kernels",
    title="AlexNet or VGG?",
    question=(
        "AlexNet looks through large kernels, VGG through stacks of 3x3. Two 3x3 see the same "
        "pixels as one 5x5: with which of them does a network read more photos right?"
    ),
    answers=(
        Answer(id="stack", text="The two 3x3, even with fewer weights"),
        Answer(id="wide", text="The two 3x3, but only with as many weights as the 5x5"),
        Answer(id="large", text="The one 5x5, at least at equal channels"),
        Answer(id="same", text="Neither: they see the same pixels, and that is what counts"),
    ),
    presets={
        "quick": StackedKernelSettings(seeds=3),
        "full": StackedKernelSettings(seeds=3, images=4_000, epochs=12, channels=32),
        "study": StackedKernelSettings(seeds=20),
    },
    data=("cifar10", "mnist", "digits"),
    names={
        ONE: "one large kernel",
        STACK: "3x3 stack, equal channels",
        WIDE: "3x3 stack, equal weights",
        LINEAR: "3x3 stack without ReLU between",
        "5x5": "field 5x5",
        "7x7": "field 7x7",
    },
    plan=plan,
    read=read,
    trials="cnn_core.concepts.stacked_kernels.trials",
    seconds={"quick": 45.0, "full": 260.0, "study": 290.0},
    citations=(
        "Krizhevsky, Sutskever and Hinton (2012), ImageNet Classification with Deep Convolutional "
        "Neural Networks, Advances in Neural Information Processing Systems 25",
        "Simonyan and Zisserman (2015), Very Deep Convolutional Networks for Large-Scale Image "
        "Recognition, ICLR, https://arxiv.org/abs/1409.1556",
        "Zeiler and Fergus (2014), Visualizing and Understanding Convolutional Networks, ECCV, "
        "818-833, https://arxiv.org/abs/1311.2901",
    ),
)
