"""Facts about learning from few pictures, computed where they can be, with their sources."""

import streamlit as st

from cnn_core.concepts.little_data.plan import HEAD_STEPS
from cnn_core.concepts.little_data.settings import IN_IMAGENET, NETWORK, LittleDataSettings
from cnn_core.concepts.little_data.sizes import CLASSIFIER, FEATURES, head_parameters
from cnn_core.models.registry import model_row

_KINDS = 5  # of flowers in the photos
_IMAGENET_PHOTOS = 1_281_167  # Russakovsky et al. 2015, table 2: ILSVRC2012 training images


def facts() -> None:
    """Draw the facts: what learns, what ImageNet had, what is published, how it is tested."""
    row, usual = model_row(NETWORK), LittleDataSettings()
    backbone = row.parameters - CLASSIFIER
    head = head_parameters(_KINDS)
    st.markdown(
        f"**Transfer.** {row.title} turns a picture $x$ into {FEATURES:,} numbers "
        r"$\varphi(x)$, its *features*. It learned to on ImageNet: "
        f"{_IMAGENET_PHOTOS:,} photos of 1,000 classes (Russakovsky et al. 2015). Frozen, it stays "
        "as it is, and only a new last layer learns:"
    )
    st.latex(r"p(k \mid x) = \mathrm{softmax}_k\bigl(W\,\varphi(x) + b\bigr)")
    st.markdown(
        f"For {_KINDS} kinds of flowers these are {FEATURES:,}·{_KINDS}+{_KINDS} = {head:,} "
        f"weights that learn; the {backbone:,} before them do not. A picture goes through them "
        "once, and every step after that is a small linear one. With *random* weights frozen in "
        "their place, the same last layer shows how much of it is ImageNet's doing."
    )
    st.markdown(
        f"**{IN_IMAGENET[0].capitalize()} is one of ImageNet's 1,000 classes.** The other four "
        "kinds (dandelion, roses, sunflowers, tulips) are not, by name; flowers may still stand in "
        "other photos. That is why the difference is also given without that class, under *What it "
        "means*."
    )
    st.markdown(
        "**What is published.** Features of early layers serve most tasks, later ones the task "
        "they were trained on, and even features of a distant task beat random ones (Yosinski et "
        "al. 2014). A better ImageNet network transfers better, frozen or fine-tuned (r = 0.99 and "
        "0.96 over 16 networks), though on two small fine-grained sets it helped little "
        "(Kornblith et al. 2019). Given enough labelled pictures and enough steps, training from "
        "scratch draws level: on COCO with 10,000 pictures and more (He et al. 2019)."
    )
    st.markdown(
        f"**How it is tested.** For each seed, up to {usual.judged} pictures of every class (a "
        "third at most) are held out, near-duplicates of them are dropped, and all networks share "
        "the same training pictures: 5 a class are among the 10, those among the 20. No step is "
        "chosen by held-out pictures. All seeds draw from the same photos, so intervals are over "
        "draws from these; learning rates were chosen on other draws from them, and so have seen "
        "photos that are held out here."
    )
    st.markdown(
        f"**What to keep in mind.** A last layer takes {HEAD_STEPS} steps, everything else as many "
        "as the settings say, the small network more. That is enough to adapt trained weights, but "
        f"very few for {backbone:,} weights from scratch: what they could come to in thousands of "
        "steps is not measured here. What learns from pixels also sees mirror images. The pictures "
        f"are smaller than the {row.input_size} pixels that the network learned from. A few "
        "of the photos' labels are wrong in the original."
    )
