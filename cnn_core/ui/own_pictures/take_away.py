"""The tab "Take away": one zip with the network, packed by a process of its own beside the page.

The zip lies in the run's folder and is served from there (`ui.packed_route`).
"""

import re
import zipfile
from pathlib import Path

import streamlit as st

from cnn_core.errors import StorageError
from cnn_core.models.registry import ModelRow, model_row
from cnn_core.results.runs import RunRecord
from cnn_core.runtime.fetching import Fetcher
from cnn_core.runtime.files import WEIGHTS_FILE
from cnn_core.runtime.take_away import estimate_bytes, zip_name, zip_path
from cnn_core.runtime.taken_files import (
    CARD_FILE,
    LABELS_FILE,
    ONNX_FILE,
    PREPROCESSING_FILE,
    SCRIPT_FILE,
)
from cnn_core.settings import Settings
from cnn_core.training.recipes import find_recipe, network_of
from cnn_core.ui.boundary import guarded, plain_markdown
from cnn_core.ui.lab import Laboratory
from cnn_core.ui.own_pictures.state import Chosen, plan_of
from cnn_core.ui.own_pictures.try_it import needs_finished_run
from cnn_core.ui.packed_route import packed_url

_POLL_SECONDS = 0.5
_FILES = {
    WEIGHTS_FILE: "the whole network for PyTorch, under the names of torchvision or timm",
    ONNX_FILE: "the same network for ONNX Runtime, compared with it on your own pictures",
    LABELS_FILE: "the classes, in the order of the outputs",
    PREPROCESSING_FILE: "how a picture becomes the network's input",
    CARD_FILE: "the model card: pictures, decisions, recipe, scores, limits, licences",
    SCRIPT_FILE: "a short script that says what is in a picture, without CNN Lab and PyTorch",
}


def render_take_away(lab: Laboratory, chosen: Chosen | None, record: RunRecord | None) -> None:
    """Draw the tab.

    Args:
        lab: this server's.
        chosen: the pictures that are open, None if none are.
        record: the run that is open, None if none is.
    """
    if chosen is None or record is None or record.status != "finished":
        needs_finished_run(record, "here its network is packed, to be taken home")
        return
    plan = plan_of(chosen.store, record)
    if plan is None:
        return
    row = model_row(network_of(find_recipe(record.recipe), record.config))
    left, right = st.columns([1, 1.2], gap="large")
    with left:
        _offer(lab, record, row, len(plan.classes))
    with right:
        st.markdown("**What is in the zip**")
        st.table({f"`{name}`": what for name, what in _FILES.items()}, border="horizontal")
    _card(zip_path(lab.settings, record.id))


@st.cache_resource(show_spinner=False, max_entries=64, hash_funcs={Settings: repr})
def _packer(settings: Settings, run_id: str) -> Fetcher:
    """Return what packs one run's network, the same for all sessions."""
    log = settings.runs / run_id / "take-away.log"
    return Fetcher(settings, ("take-away",), log=log)


def _offer(lab: Laboratory, record: RunRecord, row: ModelRow, num_classes: int) -> None:
    """Draw the one button that is next: pack, or download."""
    packer, path = _packer(lab.settings, record.id), zip_path(lab.settings, record.id)
    st.markdown(f"**{plain_markdown(row.title)}** on {plain_markdown(record.dataset.name)}")
    state = packer.state()
    if state.running:
        _watch(packer)
        return
    if state.error:
        st.markdown(f":material/error: {plain_markdown(state.error)}")
    if path.exists():
        _download(path, record)
        if st.button("Pack it again", type="tertiary", icon=":material/refresh:"):
            packer.start(record.id)
            st.rerun()
    else:
        size = estimate_bytes(record, num_classes)
        if st.button("Pack the network", type="primary", icon=":material/inventory_2:"):
            packer.start(record.id)
            st.rerun()
        st.caption(
            f"About {size / 1e6:,.0f} MB. Before it is packed, the ONNX file is compared with the "
            "network on validation pictures; if it differs by more than 0.0001, nothing is packed."
        )
    _commands(record)


def _download(path: Path, record: RunRecord) -> None:
    st.link_button(
        f"Download the zip ({path.stat().st_size / 1e6:,.0f} MB)",
        packed_url(record.id),
        type="primary",
        icon=":material/download:",
    )
    st.caption(f"`{zip_name(record)}`")


def _commands(record: RunRecord) -> None:
    st.markdown("The same on the terminal, and how the script is used:")
    st.code(
        f"python -m cnn_core take-away {record.id} --out model.zip\n"
        "pip install -r requirements.txt\n"
        "python predict.py picture.jpg",
        language="bash",
        wrap_lines=True,
    )


@st.fragment(run_every=_POLL_SECONDS)
@guarded
def _watch(packer: Fetcher) -> None:
    """Draw how far the packing is, until it has ended."""
    state = packer.state()
    if not state.running:
        st.rerun()
    share = state.done / state.total if state.total else 0.0
    what = state.what or "Starting"
    st.progress(
        min(share, 1.0),
        f"{what} … ({state.done + 1} of {state.total})" if state.total else f"{what} …",
    )


def _card(path: Path) -> None:
    """Draw the model card that was packed, in an expander that costs nothing while closed."""
    if not path.exists():
        return
    opened = st.expander("Model card", key="own-model-card", on_change="rerun")
    if not opened.open:
        return
    try:
        with zipfile.ZipFile(path) as archive:
            name = next(name for name in archive.namelist() if name.endswith(f"/{CARD_FILE}"))
            text = archive.read(name).decode("utf-8")
    except (OSError, zipfile.BadZipFile, StopIteration) as exc:
        raise StorageError(
            "The model card in the zip cannot be read.", hint="Pack the network again."
        ) from exc
    with opened:
        st.markdown(re.sub("^#", "###", text, flags=re.MULTILINE))  # the page has a title
