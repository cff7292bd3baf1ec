"""A folder or a zip file from the browser. The server holds an upload in memory until it is copied.

What may come is said before anything is chosen, and held by the server (`ui.upload_quota`). Once
the copying has its files, the server's own hold of them ends; they are gone when it has ended.
"""

from collections.abc import Callable

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from cnn_core.data.decode import MAX_BYTES
from cnn_core.data.pictures.archive import ZipSource
from cnn_core.data.pictures.intake import take_in
from cnn_core.data.pictures.upload import UploadSource
from cnn_core.errors import DataError
from cnn_core.results.pictures import IntakeProgress, Snapshot
from cnn_core.ui.boundary import guarded, show_error
from cnn_core.ui.lab import Laboratory
from cnn_core.ui.own_pictures.copying import Bring
from cnn_core.ui.own_pictures.state import picture_store
from cnn_core.ui.upload_quota import let_go, take_refused

_VERSION, _FAULT = "own-pictures-uploader", "own-pictures-upload-fault"
_LARGER = "Larger folders come as a path on the server, or by `python -m cnn_core train`."


def offer_upload(
    lab: Laboratory, start: Callable[[str, Bring], None], *, key: str, zipped: bool
) -> None:
    """Draw the control; what comes is copied at once.

    Args:
        lab: this server's.
        start: starts copying under a title.
        key: tells two such controls on a page apart.
        zipped: whether a zip file is asked for, not a folder.
    """
    files, megabytes = lab.settings.upload_files, lab.settings.upload_bytes // 10**6
    version = st.session_state.get(_VERSION, 0)
    name = f"own-upload-{key}-{zipped}-{version}"
    if zipped:
        st.file_uploader(
            "Zip file of the folder", ["zip"], key=name,
            max_upload_size=max(1, lab.settings.upload_bytes // 2**20),
            on_change=_take, args=(lab, start, name, zipped),
        )  # fmt: skip
        st.caption(f"At most {megabytes:,} MB. {_LARGER}")
    else:
        st.file_uploader(
            "Folder", accept_multiple_files="directory", key=name,
            max_upload_size=MAX_BYTES // 2**20,
            on_change=_take, args=(lab, start, name, zipped),
        )  # fmt: skip
        st.caption(
            f"At most {files:,} files and {megabytes:,} MB from a browser. A zip file may hold "
            f"more files. {_LARGER}"
        )
    fault: DataError | None = st.session_state.get(_FAULT)
    if fault is not None:
        show_error(fault)


@guarded
def _take(lab: Laboratory, start: Callable[[str, Bring], None], name: str, zipped: bool) -> None:
    """Hand what has come to the copying, empty the control, and let the server's hold go."""
    value = st.session_state.get(name)
    came: list[UploadedFile] = [] if not value else value if isinstance(value, list) else [value]
    refused = take_refused()
    st.session_state.pop(_FAULT, None)
    st.session_state[_VERSION] = st.session_state.get(_VERSION, 0) + 1
    let_go(*(file.file_id for file in came))
    if refused or _too_much(lab, came):
        st.session_state[_FAULT] = DataError(
            f"A browser may send {lab.settings.upload_files:,} files and "
            f"{lab.settings.upload_bytes // 10**6:,} MB at most; this was more, and nothing of it "
            "was taken.",
            hint=f"Send part of the folder, or a zip file of it. {_LARGER}",
        )
    elif came:
        start(came[0].name if zipped else "The folder", _work(lab, came, zipped))


def _too_much(lab: Laboratory, came: list[UploadedFile]) -> bool:
    return (
        len(came) > lab.settings.upload_files
        or sum(file.size for file in came) > lab.settings.upload_bytes
    )


def _work(lab: Laboratory, came: list[UploadedFile], zipped: bool) -> Bring:
    store = picture_store(lab.settings)
    source: ZipSource | UploadSource
    if zipped:
        source = ZipSource(came[0], came[0].name)
    else:
        source = UploadSource([(file.name, file) for file in came])

    def work(report: Callable[[IntakeProgress], None], cancelled: Callable[[], bool]) -> Snapshot:
        return take_in(store, source, progress=report, cancelled=cancelled)

    return work
