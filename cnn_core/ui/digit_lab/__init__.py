"""The digit lab: a person draws a digit, and a small network reads it in the browser.

    network.py      weights -> a layer list and one blob that the browser runs
    component.py    the Streamlit component (`digit_lab`) and what it reports (`Reading`)
    *.js *.css *.html   the browser's part; no dependency, nothing fetched

The server is asked for nothing while a person draws; with `report=True` it hears of every finished
stroke. Streamlit is imported, torch is not.
"""

from cnn_core.ui.digit_lab.component import Reading, ShownLayer, digit_lab, layer_explorer
from cnn_core.ui.digit_lab.network import BrowserNetwork, browser_network_from_safetensors

__all__ = [
    "BrowserNetwork",
    "Reading",
    "ShownLayer",
    "browser_network_from_safetensors",
    "digit_lab",
    "layer_explorer",
]
