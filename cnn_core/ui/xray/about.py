"""The tab "About": whom it is for, what it is not, and what went into a run of the study."""

import streamlit as st

from cnn_core.results.runs import RunRecord
from cnn_core.training.recipes import find_recipe
from cnn_core.ui.boundary import plain_markdown
from cnn_core.ui.lab import Laboratory
from cnn_core.ui.xray.state import RECIPE, Chosen

_WHAT = """
**What it is for.** A small team with a few hundred labelled chest radiographs and the question
"how good is it really?" It sorts films by how much they resemble films labelled normal, pneumonia
or COVID-19, refers what it is not sure of, and shows when its own score is not real.

**What it is not for.** Diagnosis, screening, children, lateral films, CT. A label that it gives
means "resembles films that somebody labelled so". Heat maps show where the network looked, not
disease.

**How it judges.** An audit looks for duplicates, patients on both sides of a split, and what
tells the label without the lungs. Patients are split once: 60 % to fit, 20 % to calibrate, 20 %
locked; the locked test is scored with everything frozen, and every opening is counted. Each figure
has a 95 % interval over patients; it covers the patients drawn, not training anew.

**Why so careful.** Roberts et al. (2021, Nature Machine Intelligence) found none of 62 studies of
potential clinical use. Ben Ahmed et al. (2021, IEEE Access 9:72970) measured an AUC of 1.00 on
sources that were seen in training, and at worst 0.38 on others.
"""


def render_about(lab: Laboratory, chosen: Chosen | None, record: RunRecord | None) -> None:
    """Draw the tab."""
    del chosen
    st.markdown(_WHAT)
    if record is None:
        st.caption(plain_markdown(find_recipe(RECIPE).citation))
        return
    from cnn_core.ui.training.about import about_view

    st.divider()
    about_view(lab, record)
