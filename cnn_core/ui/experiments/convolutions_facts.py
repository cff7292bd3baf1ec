"""Facts about convolutions, computed where they can be, with their sources."""

import streamlit as st

from cnn_core.concepts.convolutions.plan import ARMS, CNN, LARGE, LOCAL, MACS, NAMES, PARAMETERS
from cnn_core.concepts.convolutions.settings import ConvolutionSettings
from cnn_core.concepts.convolutions.sizes import (
    CHANNELS,
    KERNEL,
    PIXELS,
    PLACES,
    lenet_size,
    mlp_widths,
    size_of,
)


def sizes_table(settings: ConvolutionSettings) -> None:
    """Draw what each network is made of."""
    st.dataframe(
        {
            "network": [NAMES[arm] for arm in ARMS],
            "parameters": [size_of(arm, settings).parameters for arm in ARMS],
            "MACs a picture": [size_of(arm, settings).macs for arm in ARMS],
        },
        hide_index=True,
        column_config={
            name: st.column_config.NumberColumn(format="localized")
            for name in ("parameters", "MACs a picture")
        },
    )
    st.caption(
        f"{_made_of(settings)} MACs are multiply-accumulates of one forward pass. "
        f"{_beside_the_cnn(settings)}"
    )


def _made_of(settings: ConvolutionSettings) -> str:
    """Return what the networks are made of; in a column of the table it hid the others."""
    mlps = " and ".join(_layers(arm, settings) for arm in (PARAMETERS, MACS))
    return (
        f"Units of the MLPs, layer by layer: {mlps}. Kernels are {KERNEL}x{KERNEL}; in the "
        "locally connected network a place has its own, and the large ones are "
        f"{settings.side}x{settings.side}, padded."
    )


def _beside_the_cnn(settings: ConvolutionSettings) -> str:
    """Return what else differs where sharing or locality is taken away."""
    own, local, large = (size_of(arm, settings) for arm in (CNN, LOCAL, LARGE))
    return (
        "Without sharing, the locally connected network makes the CNN's MACs with "
        f"{local.parameters / own.parameters:.1f} times its parameters. Less local, the CNN with "
        "large kernels keeps sharing and all map sizes, and has "
        f"{large.parameters / own.parameters:.1f} times the parameters and "
        f"{large.macs / own.macs:.1f} times the MACs: neither differs from the CNN in that one "
        "thing only."
    )


def _layers(arm: str, settings: ConvolutionSettings) -> str:
    return "-".join(f"{width:,}" for width in mlp_widths(arm, settings.hidden))


def facts() -> None:
    """Draw the facts: what a convolution assumes, what that saves, what follows from it."""
    (incoming, maps), places = CHANNELS[0], PLACES[0]
    cnn, local = lenet_size(), lenet_size(shared=False)
    side = round(places**0.5)
    weights = maps * incoming * KERNEL**2
    dense = PIXELS * places * maps
    st.markdown(
        "**A fully connected layer** has a weight for each pair of input and output and knows "
        "nothing of places. **A convolution** makes two assumptions: what belongs together lies "
        "close together (*locality*), and what is worth finding here is worth finding everywhere "
        "(*weight sharing*):"
    )
    st.latex(
        r"y_k(i,j) = b_k + \sum_{c}\sum_{u=0}^{s-1}\sum_{v=0}^{s-1} w_k(c,u,v)\,x_c(i+u,\,j+v)"
    )
    st.markdown(
        f"The first layer of LeNet-5 makes {maps} maps of {side}x{side} from {PIXELS} pixels with "
        f"${maps}\\cdot({incoming}\\cdot{KERNEL}^2+1)={weights + maps}$ parameters and "
        f"${weights}\\cdot{side}^2$ = {weights * places:,} multiply-accumulates (MACs). Without "
        f"sharing it has {(weights + maps) * places:,} parameters and as many MACs; fully "
        f"connected it would have {dense:,} weights. Of the whole network, sharing saves "
        f"{local.parameters - cnn.parameters:,} of {local.parameters:,} parameters and no MACs."
    )
    st.markdown(
        "**Why an MLP does not notice.** Let $P$ permute the pixels. A fully connected first layer "
        "with its columns permuted likewise computes the same numbers:"
    )
    st.latex(r"(W P^{\top})(P x) = W x, \qquad P^{\top} P = I")
    st.markdown(
        "Its weights are drawn independently of each other, in no order, so both tasks are equally "
        "likely to go well; what differs between two trainings is chance. "
        'LeCun et al. (1998, section II.A): "The input variables can be presented in any (fixed) '
        'order without affecting the outcome of the training."'
    )
    st.markdown(
        "**Tolerant, not invariant.** Where the picture moves, the maps move with it "
        "(*equivariance*), away from the border and by whole strides:"
    )
    st.latex(r"(w * T_d x)(i) = (w * x)(i-d) = T_d(w * x)(i)")
    st.markdown(
        "After two 2x2 poolings that is exact for moves by multiples of four pixels alone, and the "
        "layers that follow are fully connected: to them a map that moved is another input. "
        "Azulay and Weiss (2019) find that moving a photo by one pixel can change what modern "
        "networks answer."
    )
    st.markdown(
        "**How it is tested.** Every network learns from the same draw of digits, in the same "
        "order, without augmentation, for as many steps; its learning rate was chosen on other "
        "digits. MNIST's digits are centred by their centre of mass (LeCun et al. 1998, section "
        "III.A), and no training digit is moved, so no network was ever asked to tolerate a shift. "
        "Turned digits are interpolated (both ways, the mean is shown); noise "
        "is Gaussian and clipped to black and white. The permutation is drawn anew for each seed."
    )
