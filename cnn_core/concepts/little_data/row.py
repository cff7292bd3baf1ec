"""The row of "little-data": its question, answers, presets and names."""

from types import MappingProxyType

from cnn_core.concepts.experiment import Answer, Experiment
from cnn_core.concepts.little_data.names import NAMES
from cnn_core.concepts.little_data.plan import plan
from cnn_core.concepts.little_data.reading import read
from cnn_core.concepts.little_data.settings import EVERY, LittleDataSettings

EXPERIMENT = Experiment(
    id="little-data",
    title="Little data",
    question="With five photos of each flower, what should learn?",
    answers=(
        Answer(id="head", text="Only a new last layer, on a network trained on other photos"),
        Answer(id="more", text="That network too: it has to get used to flowers"),
        Answer(id="scratch", text="The same network from random weights, on flowers alone"),
        Answer(id="small", text="A small network from scratch: few weights for few photos"),
    ),
    presets=MappingProxyType(
        {
            "quick": LittleDataSettings(
                seeds=3, images=("5", "20", EVERY), slow_images=("5",), slow_seeds=1, steps=20
            ),
            "full": LittleDataSettings(seeds=5, slow_seeds=3),
            "study": LittleDataSettings(seeds=20, slow_seeds=3, side=160),
        }
    ),
    data=("pictures",),
    names=NAMES,
    plan=plan,
    read=read,
    trials="cnn_core.concepts.little_data.trials",
    # "full" took 220 s with two slow seeds; a third adds what the plan's weights say.
    seconds=MappingProxyType({"quick": 50.0, "full": 318.0, "study": 830.0}),
    citations=(
        "Yosinski, Clune, Bengio and Lipson (2014), How transferable are features in deep neural "
        "networks?, NeurIPS, https://arxiv.org/abs/1411.1792",
        "Kornblith, Shlens and Le (2019), Do better ImageNet models transfer better?, CVPR, "
        "https://arxiv.org/abs/1805.08974",
        "He, Girshick and Dollár (2019), Rethinking ImageNet pre-training, ICCV, "
        "https://arxiv.org/abs/1811.08883",
        "Russakovsky et al. (2015), ImageNet large scale visual recognition challenge, "
        "International Journal of Computer Vision 115, 211-252, https://arxiv.org/abs/1409.0575",
        "Tan and Le (2019), EfficientNet: rethinking model scaling for convolutional neural "
        "networks, ICML, https://arxiv.org/abs/1905.11946",
        "The TensorFlow Team (2019), Flowers (tf_flowers), CC BY 2.0, "
        "https://www.tensorflow.org/datasets/catalog/tf_flowers",
    ),
)
