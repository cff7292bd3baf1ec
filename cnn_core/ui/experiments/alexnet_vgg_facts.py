"""Facts of "AlexNet or VGG?": why stacks of 3x3, what each network brought, what was measured how.

Numbers are computed (weights, layers, multiplications) or stand with their source.
"""

import streamlit as st

from cnn_core.concepts.network_costs.published import MEASURED, ONE_CROP, QUOTED, SOURCE
from cnn_core.concepts.network_costs.table import network_layers, totals
from cnn_core.concepts.stacked_kernels.shapes import ONE, STACK, block_of, block_weights, field_of

_BOTH = {"alexnet": "AlexNet", "vgg16": "VGG-16"}
_COUNTED_AT = 18  # channels: any number gives the same factors


def factors(side: int) -> tuple[int, int]:
    """Return the weights of the stack and of the one large convolution, in C squared.

    >>> factors(5), factors(7)
    ((18, 25), (27, 49))
    """
    stack, large = (block_weights(block_of(arm, side, _COUNTED_AT)) for arm in (STACK, ONE))
    return stack // _COUNTED_AT**2, large // _COUNTED_AT**2


def counted() -> str:
    """Return the sentence that holds both networks' parameters and work against each other."""
    alexnet, vgg = (totals(network_layers(name)) for name in _BOTH)
    shares = [100 * each.linear_parameters / each.parameters for each in (alexnet, vgg)]
    return (
        f"AlexNet (torchvision's form, {alexnet.weighted} layers with weights) has "
        f"{alexnet.parameters:,} parameters, VGG-16 {vgg.parameters:,}; {shares[0]:.1f} and "
        f"{shares[1]:.1f} % of them are in fully connected layers. For a picture of 224×224 they "
        f"take {alexnet.macs / 1e9:.2f} and {vgg.macs / 1e9:.2f} billion multiply-accumulates "
        f"(MACs): VGG-16 {vgg.macs / alexnet.macs:.0f} times as many, "
        f"{100 * (1 - vgg.linear_macs / vgg.macs):.0f} % of them in its convolutions."
    )


def facts() -> None:
    """Draw the tab."""
    _why_stacks()
    left, right = st.columns(2, gap="medium")
    with left:
        _alexnet()
    with right:
        _vgg()
    st.markdown(counted())
    st.markdown(f"**Published errors.** {published()}")
    st.markdown(
        "**What to try.** More channels and pictures (*Full*), no BatchNorm (VGG had none), one "
        "7×7 against three 3×3: the answer need not stay the same. The learning rates were tuned "
        "for 5×5 with BatchNorm on CIFAR-10 alone."
    )


def _why_stacks() -> None:
    two, five = factors(5)
    three, seven = factors(7)
    sees = {n: field_of(block_of(STACK, 1 + 2 * n, _COUNTED_AT)) for n in (2, 3)}
    from cnn_core.charts.experiments_fields import field_alt, field_figure

    st.markdown("**Why stacks of 3×3?** At stride 1 each convolution adds its side less one:")
    for length, column in zip((2, 3), st.columns(2), strict=True):
        column.plotly_chart(
            field_figure(length),
            key=f"alexnet-vgg-field-{length}",
            alt=field_alt(length),
            config={"displayModeBar": False},
        )
    st.latex(
        r"\text{field of } n \text{ convolutions } 3\times3 = 1 + n\,(3-1), \qquad "
        rf"n=2:\ {sees[2]}\times{sees[2]}, \quad n=3:\ {sees[3]}\times{sees[3]}"
    )
    st.markdown("With $C$ channels before, between and behind, biases apart:")
    st.latex(
        rf"\underbrace{{2\cdot 3^2C^2}}_{{{two}\,C^2}} \;<\; \underbrace{{5^2C^2}}_{{{five}\,C^2}}"
        r"\qquad\qquad "
        rf"\underbrace{{3\cdot 3^2C^2}}_{{{three}\,C^2}} \;<\; "
        rf"\underbrace{{7^2C^2}}_{{{seven}\,C^2}}"
    )
    st.markdown(
        f"One 7×7 has {100 * (seven / three - 1):.0f} % more weights than three 3×3, and the stack "
        "has three ReLUs in place of one (Simonyan and Zisserman 2015, section 2.3). Without a "
        "ReLU between, a stack is one larger convolution again, one that has fewer weights to "
        "choose from (away from the border, where each convolution pads anew; with BatchNorm "
        "between, only once it is trained and no longer looks at the batch): that is the fourth "
        "network of the experiment."
    )


def _alexnet() -> None:
    st.markdown(
        "**AlexNet** (Krizhevsky, Sutskever and Hinton 2012)\n"
        "* Five convolutions (11×11 at stride 4, 5×5, then 3×3) and three fully connected layers.\n"
        "* ReLU: a small network came to 25 % training error on CIFAR-10 six times as fast as with "
        "tanh (section 3.1).\n"
        "* Two GPUs of 3 GB, half of the kernels on each: top-1 and top-5 error 1.7 and 1.2 points "
        "lower than one GPU with half as many kernels (3.2).\n"
        "* Local response normalisation: 1.4 and 1.2 points lower (3.3). VGG found no gain.\n"
        "* Overlapping pooling, 3×3 at stride 2: 0.4 and 0.3 points lower (3.4).\n"
        "* Dropout 0.5 in two fully connected layers, against overfitting (4.2); crops, mirror "
        "images and changed colours of the training pictures (4.1).\n\n"
        "*Its limits.* The first layer is coarse: 7×7 at stride 2 in its place did better (Zeiler "
        "and Fergus 2014, section 4.1). Nearly all parameters are in the fully connected layers."
    )


def _vgg() -> None:
    st.markdown(
        "**VGG** (Simonyan and Zisserman 2015)\n"
        "* Nothing but 3×3 convolutions (1×1 in one variant) and 2×2 pooling; twice the channels "
        "after each pooling, up to 512.\n"
        "* Depth: top-5 error 10.4 % with 11 layers, 9.9 with 13, 8.8 with 16, 9.0 with 19 (one "
        "network each, trained and tested at one size of picture, table 3).\n"
        "* Seeing more, not depth alone: with 1×1 for three of the 3×3 of 16 layers it is 9.4 % "
        "(C against D).\n"
        "* A network with one 5×5 for each pair of 3×3 had a top-1 error 7 % higher "
        "(section 4.1).\n"
        "* No local response normalisation: no gain, more memory and time (A against A-LRN).\n"
        "* The deep ones started from weights of the shallow one (3.1); two to three weeks on four "
        "GPUs (3.3).\n\n"
        "*Its limits.* Very many parameters and multiplications. Deeper brought no more: from 16 "
        "to 19 layers the error stays. What went on from there were shortcuts: see "
        "*Residual connections*."
    )


def published() -> str:
    """Return what the two errors that are quoted most were measured on, and those of one crop."""
    winner, vgg = (
        next(each for each in QUOTED if each.network.startswith(name))
        for name in ("AlexNet, ILSVRC", "VGG, ILSVRC")
    )
    one = [f"{ONE_CROP[name].top5:.2f} %" for name in _BOTH]
    return (
        f"The top-5 error of {winner.top5} % of 2012 ({winner.source}) and the {vgg.top5} % of "
        f"2014 ({vgg.source}) belong to ensembles. 2012: {winner.how}. 2014: {vgg.how}. "
        f"AlexNet and VGG-16 as torchvision has them stand at {one[0]} and {one[1]} ({MEASURED}; "
        f"{SOURCE}). No single network that you load has the contest's error."
    )
