"""The recipe xray-triage: a network that sorts chest radiographs, on films. Free of torch.

What stands here is what a study's runs have in common; which film each of them sees is its plan's
matter. The best epoch goes by macro-averaged AUROC of patients that no step has seen.
"""

from dataclasses import replace
from types import MappingProxyType

from cnn_core.results.config import TrainConfig
from cnn_core.training.recipe import FILMS, Preset, Recipe

_FROZEN = TrainConfig(
    epochs=30,
    batch_size=32,
    learning_rate=1e-3,
    optimizer="adamw",
    schedule="cosine",
    weight_decay=0.01,
    validation_share=0.15,
    mode="frozen",
    head="light",
    views=2,
    patience=10,
    select="auroc",
    train_sample=300,
)

XRAY_TRIAGE = Recipe(
    id="xray-triage",
    title="Chest X-ray study",
    model="resnet18",
    source=FILMS,
    default="frozen",
    presets=MappingProxyType(
        {
            "frozen": Preset(
                title="Frozen network",
                description="The convolutions as ImageNet taught them; one new layer learns, from "
                "each film as it is and an altered view of it. Up to 30 epochs of AdamW under a "
                "cosine schedule; the best one by AUROC of other patients is kept.",
                config=_FROZEN,
            ),
            "last-block": Preset(
                title="Last block",
                description="The last block of the network learns too, at a tenth of the rate of "
                "the new layer; all before it stays as ImageNet taught it.",
                config=replace(
                    _FROZEN,
                    mode="last-block",
                    epochs=12,
                    patience=5,
                    last_block_rate=0.1,
                ),
            ),
            "staged": Preset(
                title="Staged unfreezing",
                description="The new layer alone for 3 epochs at 0.001, then the last block at "
                "0.0001, the one before it, and all of the network, each deeper group at a third "
                "of the rate; three films of four are altered, anew at every step.",
                config=replace(
                    _FROZEN,
                    mode="all",
                    epochs=15,
                    patience=5,
                    unfreeze_epochs=3,
                    last_block_rate=0.1,
                    backbone_rate=1 / 3,
                    views=4,
                ),
            ),
        }
    ),
    citation="He, Zhang, Ren, Sun (2016), Deep residual learning for image recognition, CVPR, "
    "arXiv:1512.03385; Howard, Ruder (2018), Universal language model fine-tuning for text "
    "classification, ACL, arXiv:1801.06146 (gradual unfreezing, rates by layer)",
)
