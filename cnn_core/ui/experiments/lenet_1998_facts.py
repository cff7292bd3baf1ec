r"""Facts about LeNet-5 of 1998: formulas, parameters and sources; each number is computed or cited.

Equation, table and section numbers are those of LeCun, Bottou, Bengio, Haffner 1998.
"""

import streamlit as st

from cnn_core.concepts.lenet_1998.settings import RATES, TRIED
from cnn_core.concepts.lenet_1998.sizes import change_of, parameters_of, total, unpadded
from cnn_core.concepts.lenet_1998.words import NAMES
from cnn_core.models.lenet1998_constants import AMPLITUDE, BACKGROUND, C3_TABLE, FOREGROUND
from cnn_core.models.lenet_layers import lenet_layers

PARTS: tuple[tuple[str, str, str, str], ...] = (
    (
        "Squashing",
        rf"$f(a) = {AMPLITUDE}\,\tanh(\tfrac{{2}}{{3}} a)$ (Eq. 6)",
        r"ReLU, $\max(0, a)$",
        "Nair and Hinton 2010; Krizhevsky and others 2012",
    ),
    (
        "Pooling",
        r"$f\big(w_m \sum_{2\times2} x + b_m\big)$",
        r"max pooling, $\max_{2\times2} x$",
        "Ranzato and others 2007; Scherer and others 2010",
    ),
    (
        "Output and loss",
        r"$y_i = \sum_j (x_j - w_{ij})^2$ (Eq. 7), "
        r"$E = y_D + \log\big(e^{-j} + \sum_i e^{-y_i}\big)$ (Eq. 9)",
        r"softmax, $E = -\log\big(e^{z_D} / \sum_i e^{z_i}\big)$",
        "Bridle 1990",
    ),
    (
        "C3",
        f"{sum(len(row) for row in C3_TABLE)} of the {6 * len(C3_TABLE)} pairs of maps are "
        "connected (table I)",
        f"all {6 * len(C3_TABLE)} pairs",
        "",
    ),
)
"""What was changed: part, in 1998, today, and who brought it in."""

SOURCES = (
    "Bridle (1990), Probabilistic interpretation of feedforward classification network outputs, "
    "Neurocomputing, NATO ASI 68, 227-236",
    "Ranzato, Huang, Boureau and LeCun (2007), Unsupervised learning of invariant feature "
    "hierarchies with applications to object recognition, CVPR",
    "Scherer, Müller and Behnke (2010), Evaluation of pooling operations in convolutional "
    "architectures for object recognition, ICANN, 92-101",
    "Nair and Hinton (2010), Rectified linear units improve restricted Boltzmann machines, ICML, "
    "807-814",
    "Krizhevsky, Sutskever and Hinton (2012), ImageNet classification with deep convolutional "
    "neural networks, NeurIPS 25",
)


def sum_of_parameters() -> str:
    r"""Return how today's number of parameters comes about, as a formula.

    >>> sum_of_parameters()
    '60{,}000 + 900 - 44 + 850 = 61{,}706'
    """
    text = f"{total('1998'):,}"
    for arm in ("full-c3", "max-pool", "softmax"):
        count = change_of(arm).parameters
        text += f" {'-' if count < 0 else '+'} {abs(count):,}"
    return f"{text} = {parameters_of('today'):,}".replace(",", "{,}")


def tried_higher() -> str:
    """Return what came of rates twice as high as the highest that is used."""
    said = []
    for arm, rates in TRIED.items():
        wrong = [" and ".join(f"{each:.3g}" for each in rates[rate]) for rate in sorted(rates)]
        said.append(f"{NAMES[arm]} {wrong[1]} % wrong ({wrong[0]} %)")
    low, high = sorted(next(iter(TRIED.values())))
    return (
        f"{low:g} is the end of what was tried for all; {high:g} was tried with two networks on "
        f"both draws: {'; '.join(said)}."
    )


def facts() -> None:
    """Draw the tab."""
    st.markdown("**What is changed, one part at a time**")
    st.markdown(_parts_table())
    st.markdown("**Trainable parameters**")
    st.latex(sum_of_parameters())
    st.markdown(
        "\n".join(
            f"- {change_of(arm).parameters:+,}: {words}, {change_of(arm).sum}."
            for arm, words in (
                ("full-c3", "full C3"),
                ("max-pool", "max pooling"),
                ("softmax", "softmax outputs"),
            )
        )
    )
    shorter, fixed = unpadded(), lenet_layers("1998")[-1].fixed
    st.markdown(
        f"The LeNet-5 of most textbooks, and of this project's own recipe, does not pad MNIST's "
        f"28×28 to 32×32: {shorter.sum}, so it has {-shorter.parameters:,} fewer, "
        f"**{total('today'):,}**. The RBF outputs of 1998 have {fixed} further "
        "numbers, which are drawn by hand and not trained."
    )
    st.markdown("**What was reported in 1998, on all 60,000 training images**")
    st.markdown(
        "- LeNet-5: 0.95 % test error, stable after about 10 of 20 passes; 0.8 % with "
        "distorted copies of the images. A linear classifier: 12.0 %. Boosted LeNet-4: 0.7 % "
        "(section III).\n"
        f"- Pixels went in as {BACKGROUND} for paper and {FOREGROUND} for ink, so that their mean "
        "is about 0 and their variance about 1, which speeds up learning (section II.B).\n"
        "- Table I keeps the number of connections down and breaks the symmetry: maps that see "
        "different inputs must find different features (section II.B)."
    )
    st.markdown("**What is not as in 1998 here**")
    rates = ", ".join(f"{NAMES[arm]} {rate:g}" for arm, rate in RATES.items())
    st.markdown(
        "- The optimizer: Adam (its rate rises, then falls to nought) on small batches, for "
        "stochastic diagonal Levenberg-Marquardt, one image a step.\n"
        r"- The first weights: uniform within $\pm 1 / \sqrt{n}$ ($n$ inputs; the default of "
        r"PyTorch's layers), for $\pm 2.4 / n$ (appendix A), which was made for tanh. The settings "
        "have both.\n"
        "- The bitmaps that the RBF outputs compare with are drawn anew in the style of figure 3, "
        "and the constant j of Eq. (9), which the paper does not give, is 1.\n"
        "- ReLU stands behind C1, C3, C5 and F6, and not behind S2 and S4. With RBF outputs F6 "
        "keeps its tanh: their codes are -1 and +1, and no ReLU reaches -1.\n"
        "- Each network has the learning rate that was best for it on other draws, judged on "
        f"training images, not on test images: {rates}. {tried_higher()}"
    )
    st.caption("  \n".join(SOURCES))


def _parts_table() -> str:
    rows = [f"| {' | '.join(part)} |" for part in PARTS]
    return "\n".join(["| Part | 1998 | Today | Since |", "| --- | --- | --- | --- |", *rows])
