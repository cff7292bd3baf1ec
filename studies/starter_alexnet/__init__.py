"""A first AlexNet for machines without a download: distilled here, and judged before it is kept.

`python -m studies starter_alexnet` trains conv1-5 in torchvision's shape to tell from a picture
what EfficientNet-Lite0 sees in it, place by place, then says whether the result is worth keeping:
its first layer's orientation energy and a linear probe on flowers it has not seen, both against
random weights.
"""

from studies.starter_alexnet.study import main

__all__ = ["main"]
