"""What to do where a network's trained weights are not on this machine: download or add them.

The download is a process of its own (`runtime.fetching`) and goes on when the page is closed. From
a browser only safetensors are taken: nothing in them can run.
"""

import tempfile
from pathlib import Path

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from cnn_core.errors import CnnLabError, WeightsError
from cnn_core.models.registry import MODELS, ModelRow, model_row
from cnn_core.results.inspection import NetworkInfo
from cnn_core.runtime import weights
from cnn_core.runtime.fetching import WEIGHTS, Fetcher
from cnn_core.settings import Settings
from cnn_core.ui.boundary import guarded, plain_markdown, show_error
from cnn_core.ui.inspector.network import EMBEDDED, PREFERRED
from cnn_core.ui.upload_quota import let_go

_POLL_SECONDS = 0.5
_UPLOAD, _ASKED = "inspector-weights", "inspector-download-asked"


def offer_weights(info: NetworkInfo) -> None:
    """Draw what can be done for better weights, where the best at hand are not complete.

    Beside the embedded network it offers AlexNet, for whose sake most people come.
    """
    row = _lacking(info)
    if row is not None:
        offer_download(row, "Get weights" if row.id == info.choice.name else f"Get {row.title}")


def offer_download(row: ModelRow, label: str) -> None:
    """Draw a button `label` behind which are the ways to better weights of `row`'s network.

    A download that is under way is drawn in its place.
    """
    fetcher = _fetcher(str(Settings.from_environment().runs))
    state = fetcher.state()
    if state.running:
        _watch(fetcher)
        return
    if state.error and st.session_state.get(_ASKED) == row.id:
        show_error(
            WeightsError(
                f"The weights of {row.title} were not downloaded: {state.error}",
                hint=f"In a terminal on the server: `python -m cnn_core weights add {row.id} FILE`",
            )
        )
    with st.popover(label, icon=":material/download:"):
        _ways(fetcher, row)


def _lacking(info: NetworkInfo) -> ModelRow | None:
    """Return the network whose weights could be better; None if there is nothing to offer."""
    name = info.choice.name
    if name not in MODELS or info.choice.weights == "random":
        return None
    if name == EMBEDDED:
        name = PREFERRED[0]
    row = model_row(name)
    at_hand = weights.resolve(Settings.from_environment(), row)
    return None if at_hand.state.kind == "trained" else row


@st.cache_resource(show_spinner=False)
def _fetcher(runs: str) -> Fetcher:
    del runs  # the cache's key
    return Fetcher(Settings.from_environment(), WEIGHTS)


def _ways(fetcher: Fetcher, row: ModelRow) -> None:
    """Draw the download, the upload, and the command line."""
    source = weights.download_of(row)
    if source is not None:
        st.caption(f"{plain_markdown(source.sentence)} Licence: {plain_markdown(source.licence)}.")
        if st.button("Download them", type="primary", icon=":material/download:"):
            st.session_state[_ASKED] = row.id
            fetcher.start(row.id)
            st.rerun()
    st.file_uploader(
        "Or add a file of yours (safetensors)",
        ["safetensors"],
        key=_UPLOAD,
        on_change=_add,
        args=(row.id,),
        help="The complete network, or its features alone. It is checked, kept in the server's "
        "weights folder, and used before all others.",
    )
    fault: CnnLabError | None = st.session_state.get(f"{_UPLOAD}-fault")
    if fault is not None:
        show_error(fault)
    st.caption("A large file, or one of torch (.pth), is added in a terminal on the server:")
    st.code(f"python -m cnn_core weights add {row.id} FILE", language=None, wrap_lines=True)


@guarded
def _add(name: str) -> None:
    uploaded = st.session_state.get(_UPLOAD)
    if not isinstance(uploaded, UploadedFile):
        return  # taken away by the person, or let go after it was read
    st.session_state.pop(f"{_UPLOAD}-fault", None)
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "weights.safetensors"
            path.write_bytes(uploaded.getbuffer())
            weights.add(Settings.from_environment(), name, path)
    except CnnLabError as error:
        st.session_state[f"{_UPLOAD}-fault"] = error
    finally:
        let_go(uploaded.file_id)


@st.fragment(run_every=_POLL_SECONDS)
@guarded
def _watch(fetcher: Fetcher) -> None:
    state = fetcher.state()
    if not state.running:
        st.rerun()
    share = state.done / state.total if state.total else 0.0
    words = f"{state.done / 1e6:.1f} of {state.total / 1e6:.1f} MB" if state.total else "asking"
    st.progress(min(share, 1.0), text=f"Downloading weights: {words}")
