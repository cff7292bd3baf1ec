"""What the networks see: ten digits as they are, moved, and with all pixels permuted."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnn_core.concepts.convolutions.plan import SHIFTS, permutation, permuted_images

_ENLARGED, _GAP = 4, 2


@st.cache_data(show_spinner=False)
def _ten() -> NDArray[np.uint8]:
    """Return a digit of each class, uint8 (10, 28, 28), from those that every machine has."""
    from cnn_core.data.digits import read_digits

    test = read_digits().test
    first = [int(np.flatnonzero(test.labels == digit)[0]) for digit in range(10)]
    return test.images[first]


def row_of(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return pictures (N, H, W) side by side and enlarged, a gap between them."""
    padded = np.pad(images, ((0, 0), (0, 0), (_GAP, _GAP)), constant_values=96)
    row = np.concatenate(list(padded), axis=1)
    return row.repeat(_ENLARGED, axis=0).repeat(_ENLARGED, axis=1)


def pictures() -> None:
    """Draw ten digits, and the same with their pixels permuted."""
    far = st.slider(
        "Shift to the right (pixels)",
        SHIFTS[0],
        SHIFTS[-1],
        0,
        key="convolutions-pictures-shift",
        width=360,
        help="Moves the digits before their pixels are permuted.",
    )
    digits = np.zeros_like(_ten())
    digits[:, :, far:] = _ten()[:, :, : digits.shape[2] - far]
    shuffled = permuted_images(digits, permutation(0, digits[0].size))
    told = f", moved right by {far} pixels" if far > 1 else ", moved right by a pixel" * far
    st.image(row_of(digits), caption=f"As they are{told}: neighbours belong together.")
    st.image(
        row_of(shuffled),
        caption=f"The same digits{told}, all pixels permuted, in one order (that of seed 0). Every "
        "pixel is still there; an MLP learns from both rows alike.",
    )
    st.caption("Digits of scikit-learn (Alpaydin and Kaynak, CC BY 4.0), one of each class.")
