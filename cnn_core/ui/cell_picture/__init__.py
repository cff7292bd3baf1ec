"""A picture that is divided into cells, one of which a person can choose: a Streamlit component.

    component.py                  what Python passes in, and which cell comes back
    cell_picture.js .css .html    the browser's part; no dependency, nothing fetched

One PNG holds all cells, so 64 feature maps cost one picture. The outline that follows the pointer,
and the arrow keys, cost the server nothing; a click (or Enter) reruns the script.
"""

from cnn_core.ui.cell_picture.component import Cells, cell_picture

__all__ = ["Cells", "cell_picture"]
