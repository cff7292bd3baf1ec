"""The tab "Why": which parts of the picture speak for a class, and how far that can be believed.

A heat map is a claim. It is drawn with what speaks against it: deletion and insertion curves beside
a random order of pixels, and the map that the same method draws for a network that learned nothing.
What was found is kept by the session for its last few questions.
"""

import hashlib
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

import numpy as np
import streamlit as st
from PIL import Image

from cnn_core.charts.faithfulness import (
    faithfulness_curves,
    faithfulness_sentence,
    sanity_sentence,
)
from cnn_core.charts.overlay import enlarged, overlay
from cnn_core.charts.scales import colour_bar, number
from cnn_core.results.inspection import METHODS, Attribution, Floats, Method, Pixels
from cnn_core.ui.boundary import plain_markdown
from cnn_core.ui.inspector.classes import choose_class, draw_top, names_classes
from cnn_core.ui.inspector.downloads import offer_downloads
from cnn_core.ui.inspector.sheet import draw_bar
from cnn_core.ui.inspector.state import Inspected, captions
from cnn_core.ui.linked import linked_choice
from cnn_core.ui.wording import about

_SIDE = 340
_WITHIN = 0.97
_KEPT = 6
_FOUND = "inspector-attributions"
_QUIET_SECONDS = 0.3
_REDRAW_SECONDS = 0.1

TITLES: dict[Method, str] = {
    "grad-cam": "Grad-CAM",
    "guided-backpropagation": "Guided backpropagation",
    "occlusion": "Occlusion",
    "integrated-gradients": "Integrated gradients",
}
EXPLAINED: dict[Method, str] = {
    "grad-cam": "The maps of a late convolution, each weighted by how much the class would gain if "
    "it were stronger (Selvaraju et al. 2017, arXiv 1610.02391, equation 2).",
    "guided-backpropagation": "The gradient of the class, let back through each ReLU only where "
    "both it and the signal are positive (Springenberg et al. 2015, arXiv 1412.6806).",
    "occlusion": "A grey square is moved over the picture: what the class loses where it lies "
    "(Zeiler and Fergus 2014, arXiv 1311.2901, section 4.2).",
    "integrated-gradients": "The gradient, averaged on the way from a grey picture to this one, "
    "times what has changed (Sundararajan et al. 2017, arXiv 1703.01365, equation 1).",
}


def render_why(place: Inspected) -> None:
    """Draw the tab."""
    if not names_classes(place):
        return
    prediction = place.inspector.predict(place.choice, place.prepared)
    with st.container(horizontal=True, vertical_alignment="center"):
        target = choose_class(place, prediction)
        method = _choose_method()
        downloads = st.container(horizontal=True, width="content")
    name = prediction.classes[target]
    left, right = st.columns([2, 3])
    with right:
        draw_top(prediction, target)
        st.caption(f"**{TITLES[method]}.** {EXPLAINED[method]}")
    with left:
        attribution = _attribution(place, method, target)
        picture = _heat_map(place, attribution, name)
    with right:
        _trust(attribution)
    _curves(attribution, name)
    with downloads:
        offer_downloads(
            f"{place.choice.name}-{method}-{target}-{place.picture_name}",
            _lines(place, attribution, name),
            picture,
            lambda: _arrays(attribution),
            key="why",
            legend=_legend(attribution),
        )


def _choose_method() -> Method:
    linked_choice("method", METHODS, METHODS[0])
    chosen = st.selectbox(
        "Method",
        METHODS,
        key="method",
        format_func=lambda name: TITLES[name],
        label_visibility="collapsed",
        persist_state="session",
        width=240,
        help="\n\n".join(f"**{TITLES[name]}.** {EXPLAINED[name]}" for name in METHODS),
    )
    return chosen or METHODS[0]


def _attribution(place: Inspected, method: Method, target: int) -> Attribution:
    """Return what the session has found for this question, or find it while a bar says how far."""
    picture = hashlib.blake2b(place.prepared.normalised.tobytes(), digest_size=16).digest()
    question = (place.choice, place.info.weights, picture, method, target)
    kept: dict[object, Attribution] = st.session_state.setdefault(_FOUND, {})
    if question not in kept:
        with _progress(TITLES[method]) as tell:
            found = place.inspector.attribute(
                place.choice, place.prepared, method, target, progress=tell
            )
        kept[question] = found
        while len(kept) > _KEPT:
            del kept[next(iter(kept))]
    return kept[question]


@contextmanager
def _progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """Draw how far something is and how long it takes, once it takes long enough to be asked."""
    place, begun, drawn = st.empty(), monotonic(), 0.0

    def tell(done: int, total: int) -> None:
        nonlocal drawn
        now = monotonic()
        if now - begun < _QUIET_SECONDS or now - drawn < _REDRAW_SECONDS or done < 1:
            return
        drawn = now
        left = (now - begun) / done * (total - done)
        place.progress(min(done / max(total, 1), 1.0), f"{what}: {about(left)} left")

    place.caption(f"{what} …")
    try:
        yield tell
    finally:
        place.empty()


def _heat_map(place: Inspected, attribution: Attribution, name: str) -> bytes:
    """Draw the map over the picture, as opaque as a slider says; return that PNG."""
    crop = place.prepared.crop
    large = enlarged(crop, max(1, -(-_SIDE // crop.shape[0])))
    if attribution.signed:
        large = _pale(large)
    space = st.empty()
    opacity = st.slider(
        "Opacity of the map",
        0,
        100,
        70,
        5,
        format="%d %%",
        key="opacity",
        bind="query-params",
        width=_SIDE,
    )
    low, high = _ends(attribution)
    shown = np.clip(attribution.heat, low, high)
    picture = overlay(large, shown, opacity=opacity / 100, signed=attribution.signed)
    title = TITLES[attribution.method]
    space.image(
        picture, width=_SIDE, output_format="JPEG", alt=f"{title} for {name} over the picture."
    )
    draw_bar(low, high, signed=attribution.signed)
    name = plain_markdown(name)
    if attribution.signed:
        st.caption(
            f"Orange speaks for {name}, blue against it; 3 % of the pixels may lie beyond the ends."
        )
    else:
        st.caption(f"Yellow speaks most for {name} (of {plain_markdown(attribution.layer)}).")
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG", compress_level=1)
    return file.getvalue()


def _pale(pixels: Pixels) -> Pixels:
    """Return a picture in light greys, on which blue and orange specks are seen."""
    grey = np.asarray(Image.fromarray(pixels).convert("L"))
    pale: Pixels = np.repeat((128 + grey // 2)[..., None], 3, axis=2)
    return pale


def _trust(attribution: Attribution) -> None:
    """Draw the two checks in words and figures."""
    gone, gone_random = attribution.deletion.area, attribution.deletion_random.area
    come, come_random = attribution.insertion.area, attribution.insertion_random.area
    st.markdown(
        f"**Can it be believed?** {faithfulness_sentence(attribution)}. Deletion {gone:.2f} (at "
        f"random {gone_random:.2f}; less is better), insertion {come:.2f} (at random "
        f"{come_random:.2f}; more is better).",
        help="Pixels are blurred (deletion) or made sharp (insertion), those that the map marks "
        "most first. The figures are areas under the probability of the class, 0 to 1.",
    )
    st.markdown(
        f"**Is it the network?** {sanity_sentence(attribution)}.",
        help="The same map of the same network with random weights, which learned nothing: the "
        "rank correlation of the two, -1 to 1.",
    )


def _curves(attribution: Attribution, name: str) -> None:
    """Draw deletion and insertion as curves, in an expander that costs nothing while closed."""
    opened = st.expander("Deletion and insertion curves", key="inspector-curves", on_change="rerun")
    if not opened.open:
        return
    with opened:
        st.plotly_chart(
            faithfulness_curves(attribution, name),
            key="inspector-faithfulness",
            alt=f"Deletion and insertion curves. {faithfulness_sentence(attribution)}.",
            config={"displayModeBar": False},
        )
        st.caption(
            "Deletion and insertion: Petsiuk et al. 2018, arXiv 1806.07421, section 4.1, "
            "here into and out of a blurred picture; at random: tile by tile. Randomised weights: "
            "Adebayo et al. 2018, arXiv 1810.03292."
        )


def _lines(place: Inspected, attribution: Attribution, name: str) -> tuple[str, ...]:
    layer = f" of {attribution.layer}" if attribution.layer else ""
    return (
        *captions(place),
        f"{TITLES[attribution.method]}{layer} for {name}.",
        f"{faithfulness_sentence(attribution)}.",
        f"Is it the network? {sanity_sentence(attribution)}.",
    )


def _legend(attribution: Attribution) -> Pixels:
    low, high = _ends(attribution)
    middle = "0" if attribution.signed else ""
    return colour_bar(number(low), number(high), signed=attribution.signed, middle=middle)


def _ends(attribution: Attribution) -> tuple[float, float]:
    """Return what the ends of the scale stand for.

    A few pixels of a gradient are so strong that beside them nothing else could be seen: where a
    method has signs, the strongest hundredths are cut.
    """
    size = np.abs(attribution.heat)
    if not attribution.signed:
        return 0.0, float(size.max())
    reach = float(np.quantile(size, _WITHIN)) or float(size.max())
    return -reach, reach


def _arrays(attribution: Attribution) -> dict[str, Floats]:
    curves = {
        "deletion": attribution.deletion,
        "insertion": attribution.insertion,
        "deletion_random": attribution.deletion_random,
        "insertion_random": attribution.insertion_random,
    }
    arrays = {"heat": attribution.heat}
    for name, curve in curves.items():
        arrays[f"{name}_shares"] = curve.shares
        arrays[f"{name}_probabilities"] = curve.probabilities
    return arrays
