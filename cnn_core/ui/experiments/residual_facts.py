"""Facts on residual connections: short, with their formulas, each computed or with its source."""

import streamlit as st

from cnn_core.concepts.residual.arms import RATES
from cnn_core.concepts.residual.sizes import default_factor, parameters

DEPTH = 20
PAPER_WIDTH, OUR_WIDTH = 16, 8


def facts() -> None:
    """Draw the tab."""
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("##### The block")
        st.latex(r"y = \mathrm{ReLU}(F(x) + x)")
        st.markdown(block_words())
        st.latex(
            r"\frac{\partial L}{\partial x} = \frac{\partial L}{\partial s}"
            r"\left(1 + \frac{\partial F}{\partial x}\right), \quad s = F(x) + x"
        )
        st.markdown(
            "The 1 is the identity path: the blue line of the drawing. The other term is what "
            "comes through the branch."
        )
        st.markdown("##### Why a gradient vanishes")
        st.latex(r"\tfrac{1}{2}\, n\, \mathrm{Var}(w) = 1")
        st.markdown(vanishing_words())
        st.markdown(
            "BatchNorm rescales every layer, so that the size of the weights no longer matters. In "
            "a plain network the gradient then even grows towards the input (Yang and others 2019: "
            "BatchNorm itself is the cause)."
        )
    with right:
        st.markdown("##### What He and others saw in 2016")
        st.markdown(
            "On ImageNet the plain network of 34 layers made more errors than that of 18 (28.54 "
            "against 27.94 %), with shortcuts fewer (25.03 against 27.88 %): top-1, ten crops, "
            "table 2. Its *training* error was higher too, so this is no overfitting. They found "
            "vanishing gradients an unlikely cause: with BatchNorm the norms were healthy "
            "(section 4.1)."
        )
        st.markdown("##### Without BatchNorm")
        st.latex(r"\mathrm{Var}(x_{k+1}) \approx 2\,\mathrm{Var}(x_k)")
        st.markdown(
            "With He's weights each branch is as large as what it is added to, so that the sum "
            "doubles from block to block (Zhang and others 2019). A branch whose last layer starts "
            "at 0 adds nothing at first: the last BatchNorm's factor (Goyal and others 2017) or, "
            "without BatchNorm, the last convolution (Fixup, Zhang and others 2019)."
        )
        st.markdown("##### This experiment")
        st.markdown(experiment_words())


def block_words() -> str:
    """Return what a shortcut costs, and how the paper's networks compare with ours."""
    paper = parameters(DEPTH, width=PAPER_WIDTH, in_channels=3, norm=True)
    return (
        "$F$ is the branch of two 3×3 convolutions, $x$ the identity (He and others 2016, equation "
        "1). It has no weights: plain and residual networks have the same parameters. The paper's "
        f"network of {DEPTH} layers for CIFAR-10 has {paper:,} (table 6: 0.27 million)."
    )


def vanishing_words() -> str:
    """Return what PyTorch's default weights do to a gradient, computed."""
    return (
        "So the variance stays from layer to layer, $n$ being 9 times the channels (He and others "
        "2015, equations 10 and 14). He's weights have $\\mathrm{Var}(w) = 2/n$, PyTorch's default "
        "$1/(3n)$: a sixth of it. Over the "
        f"{DEPTH - 4} convolutions between the first and the last block of {DEPTH} layers a "
        f"gradient shrinks to about 1/{_rounded(1 / default_factor(DEPTH)):,}."
    )


def experiment_words() -> str:
    """Return what the trained networks are, computed."""
    ours = parameters(DEPTH, width=OUR_WIDTH, in_channels=3, norm=True)
    rates = (RATES["plain-bn-he"], RATES["residual-bn-he"])
    return (
        f"Section 4.2's networks with {OUR_WIDTH} instead of {PAPER_WIDTH} channels at first "
        f"({ours:,} parameters at {DEPTH} layers), on pictures of half the size: for time, not for "
        "records. SGD with Nesterov momentum 0.9, 64 pictures a step. The loss that is compared is "
        "the mean of the steps of the last pass, not that after the last step. Each network learns "
        f"at its own best rate (plain {rates[0]:g}, residual {rates[1]:g}), found on a "
        "seed that is not judged."
    )


def _rounded(value: float) -> int:
    """Return a number to two digits.

    >>> _rounded(1_679_616)
    1700000
    """
    return int(float(f"{value:.1e}"))
