"""The experiment on LeNet-5 of 1998, as a row."""

from cnn_core.concepts.experiment import Answer, Experiment
from cnn_core.concepts.lenet_1998.plan import plan
from cnn_core.concepts.lenet_1998.reading import read
from cnn_core.concepts.lenet_1998.settings import Lenet1998Settings
from cnn_core.concepts.lenet_1998.words import NAMES

EXPERIMENT = Experiment(
    id="lenet-1998",
    title="LeNet-5, 1998",
    question=(
        "Take LeNet-5 as it was in 1998 and modernise one part. "
        "Which part saves the most errors when there are few training images?"
    ),
    answers=(
        Answer(id="outputs", text="The outputs: softmax in place of RBF units"),
        Answer(id="inside", text="What lies between: ReLU for tanh, or max pooling for averaging"),
        Answer(id="connections", text="The connections: a full C3 in place of a sparse one"),
        Answer(id="none", text="None: no part alone can be told apart from 1998"),
    ),
    presets={
        "quick": Lenet1998Settings(seeds=3),
        "full": Lenet1998Settings(seeds=10),
        "study": Lenet1998Settings(seeds=20),
    },
    data=("mnist", "digits"),
    names=NAMES,
    plan=plan,
    read=read,
    trials="cnn_core.concepts.lenet_1998.trials",
    seconds={"quick": 50.0, "full": 165.0, "study": 330.0},
    citations=(
        "LeCun, Bottou, Bengio and Haffner (1998), Gradient-based learning applied to document "
        "recognition, Proc. IEEE 86(11), 2278-2324, https://doi.org/10.1109/5.726791",
    ),
)
