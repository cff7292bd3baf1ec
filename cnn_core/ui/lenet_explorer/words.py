r"""What a layer of LeNet-5 computes, as a formula, and what was otherwise in 1998.

Numbers come from `models.lenet_layers`; what is said of 1998 is in section II of LeCun, Bottou,
Bengio, Haffner 1998, "Gradient-based learning applied to document recognition", Proc. IEEE 86(11).
"""

from cnn_core.models.lenet1998_constants import AMPLITUDE, BACKGROUND, CODE_WIDTH, FOREGROUND
from cnn_core.models.lenet_layers import Form, LenetLayer, c3_kinds, lenet_layers

SOURCE = "LeCun, Bottou, Bengio, Haffner 1998, Proc. IEEE 86(11), 2278-2324"
_SUM_C1 = r"b_m + \sum_{u=0}^{4}\sum_{v=0}^{4} w_{m,u,v}\,x_{r+u,\,c+v}"
_SUM_ALL = r"b_m + \sum_{i=0}^{5}\sum_{u,v=0}^{4} w_{m,i,u,v}\,S2_{i,\,r+u,\,c+v}"
_SUM_TABLE = r"b_m + \sum_{i \in T_m}\sum_{u,v=0}^{4} w_{m,i,u,v}\,S2_{i,\,r+u,\,c+v}"
_POOL = r"{0}_{{m,r,c}} = \max\big(0,\ \max_{{u,v \in \{{0,1\}}}} {1}_{{m,\,2r+u,\,2c+v}}\big)"
_SUBSAMPLE = (
    r"{0}_{{m,r,c}} = f\Big(b_m + a_m \sum_{{u,v \in \{{0,1\}}}} {1}_{{m,\,2r+u,\,2c+v}}\Big)"
)
_FULL = r"{0}_j = {2}\Big(b_j + \sum_{{i=0}}^{{{3}}} w_{{j,i}}\,{1}_i\Big)"

FORMULAS: dict[Form, tuple[str, ...]] = {
    "today": (
        rf"C1_{{m,r,c}} = {_SUM_C1}",
        _POOL.format("S2", "C1"),
        rf"C3_{{m,r,c}} = {_SUM_ALL}",
        _POOL.format("S4", "C3"),
        _FULL.format("C5", "S4", r"\max\nolimits_0", 255),
        _FULL.format("F6", "C5", r"\max\nolimits_0", 119),
        r"\begin{gathered} y_k = b_k + \sum_{j=0}^{83} w_{k,j}\,F6_j \\ "
        r"p_k = e^{y_k} / \sum_l e^{y_l} \end{gathered}",
    ),
    "1998": (
        rf"C1_{{m,r,c}} = f\Big({_SUM_C1}\Big)",
        _SUBSAMPLE.format("S2", "C1"),
        rf"C3_{{m,r,c}} = f\Big({_SUM_TABLE}\Big)",
        _SUBSAMPLE.format("S4", "C3"),
        _FULL.format("C5", "S4", "f", 399),
        _FULL.format("F6", "C5", "f", 119),
        r"y_k = \sum_{j=0}^{83} (F6_j - w_{k,j})^2",
    ),
}
SYMBOLS: dict[Form, str] = {
    "today": "m: map, r: row, c: column, x: the input, w: weights, b: bias; max₀ sets what is "
    "negative to 0 (ReLU).",
    "1998": "m: map, r: row, c: column, x: the input, w: weights, a: coefficient, b: bias; "
    f"f(z) = {AMPLITUDE} tanh(2z/3), Eq. (6). The smallest output wins.",
}


def arithmetic_of(layer: LenetLayer) -> str:
    """Return what the layer costs, in a sentence.

    >>> arithmetic_of(lenet_layers("1998")[2])
    '16 maps of 10×10. 1,516 trainable parameters, 150,000 multiply-accumulates, 151,600 \
connections. A unit sees 14×14 pixels of the input.'
    """
    fixed = f" and {layer.fixed:,} fixed ones" if layer.fixed else ""
    return (
        f"{layer.size}. {layer.parameters:,} trainable parameters{fixed}, {layer.macs:,} "
        f"multiply-accumulates, {layer.connections:,} connections. "
        f"A unit sees {layer.field}×{layer.field} pixels of the input."
    )


def difference_of(index: int) -> str:
    """Return what 1998 did otherwise in the layer counted from 0, each number computed."""
    now, then = lenet_layers("today")[index], lenet_layers("1998")[index]
    now_side, then_side = now.shape[-1], then.shape[-1]
    kinds = "; ".join(
        f"{len(kind.maps)} × {kind.inputs} inputs ({kind.parameters} parameters each)"
        for kind in c3_kinds()
    )
    return (
        f"The input was 32×32, so the maps were {then_side}×{then_side} instead of "
        f"{now_side}×{now_side}: a stroke's end at the rim could still lie in the middle "
        f"of a receptive field. Paper was {BACKGROUND}, ink {FOREGROUND}, so that the mean is "
        "about 0 and the variance about 1. Every sum went through a scaled tanh.",
        f"No maximum: four units were added, times one trainable coefficient a map, plus one bias: "
        f"{then.parameters} parameters and {then.connections:,} connections, where pooling has "
        "none to train. Then the tanh.",
        f"Each map saw only some maps of S2: {kinds}. Together {then.parameters:,} parameters "
        f"instead of {now.parameters:,}. It kept the work down and, more important, broke the "
        "symmetry: maps with other inputs must find other features.",
        f"Subsampling as in S2: {then.parameters} trainable parameters instead of none; maps of "
        f"{then_side}×{then_side} instead of {now_side}×{now_side}.",
        f"A convolution of 5×5 over all 16 maps. S4's maps were 5×5 too, so each of the "
        f"{then.shape[0]} maps was one unit; a larger input would have made it larger. "
        f"{then.parameters:,} parameters instead of {now.parameters:,}.",
        f"The same {then.shape[0]} units and {then.parameters:,} parameters, with tanh for ReLU. "
        f"{then.shape[0]} is {CODE_WIDTH}×{then.shape[0] // CODE_WIDTH}: F6 aims at a stylised "
        "bitmap of the digit.",
        f"Ten radial basis functions: the squared distance of F6 from each digit's bitmap, whose "
        f"{then.fixed} numbers, -1 or +1, were drawn by hand and kept fixed. Nothing to train, "
        f"where today's softmax has {now.parameters} parameters.",
    )[index]
