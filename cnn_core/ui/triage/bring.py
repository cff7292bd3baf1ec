"""Films come in: from a browser, or drawn by a program. Nothing of them is written to a file.

What comes while the model is still made ready is held beside the worklist, within its bounds, and
goes on it then.
"""

import secrets

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from cnn_core.data.decode import MAX_BYTES
from cnn_core.data.films.synthetic_films import synthetic_films
from cnn_core.errors import CnnLabError, DataError
from cnn_core.results.worklist import Taken
from cnn_core.ui.boundary import guarded, plain_markdown, show_error
from cnn_core.ui.triage.model_choice import synthetic_choice
from cnn_core.ui.triage.preparing import start_preparing
from cnn_core.ui.triage.state import Desk
from cnn_core.ui.upload_quota import let_go, take_refused

Files = list[tuple[str, bytes]]

_VERSION, _FAULT = "triage-uploader", "triage-upload-fault"
_REFUSED_SHOWN = 5
_FIRST_SEED = 10**6  # those below belong to what models are trained on


def take_waiting(desk: Desk) -> None:
    """Put films that waited for a model on the worklist, where that is ready now."""
    if desk.worklist.parked():
        for choice in desk.choices:
            if choice.ready:
                _say_refused(desk.worklist.unpark(choice.id))


def bring(desk: Desk) -> None:
    """Draw the control that films are dropped on, and what was wrong with the last ones."""
    limits = desk.settings.upload_files, desk.settings.upload_bytes // 10**6
    name = f"triage-upload-{st.session_state.get(_VERSION, 0)}"
    st.file_uploader(
        "Chest films: PNG, JPEG or DICOM", accept_multiple_files=True, key=name,
        max_upload_size=MAX_BYTES // 2**20, on_change=_take, args=(desk, name),
        help="Adults, frontal films. Files are read in memory and let go; none is kept on disk.",
    )  # fmt: skip
    st.caption(
        f"Asked: {plain_markdown(desk.choice.title)}. At most {limits[0]:,} files and "
        f"{limits[1]:,} MB at a time; all in memory alone."
    )


def synthetic_button(desk: Desk, *, key: str, primary: bool = False) -> None:
    """Draw the button that has films drawn and judged; nothing where no model knows such films."""
    if any(choice.synthetic for choice in desk.choices):
        st.button(
            "Synthetic films",
            type="primary" if primary else "secondary",
            icon=":material/draw:",
            key=f"triage-synthetic-{key}",
            on_click=_draw,
            args=(desk,),
            help="Draws twelve chest phantoms and an inverted one, with noise and a photograph "
            "among them, and asks the model that was trained on phantoms, these films alone. "
            "Nothing of them is logged.",
        )


def say_what_failed() -> None:
    """Draw why not all of what was brought last is on the worklist, if so."""
    fault: CnnLabError | None = st.session_state.get(_FAULT)
    if fault is not None:
        show_error(fault)


@guarded
def _draw(desk: Desk) -> None:
    choice = synthetic_choice(desk)
    if choice is not None:
        seed = _FIRST_SEED + secrets.randbelow(10**6)
        _put(desk, choice.id, synthetic_films(seed), drawn=True)


@guarded
def _take(desk: Desk, name: str) -> None:
    """Take what has come into memory, empty the control, and let the server's hold go."""
    came: list[UploadedFile] = st.session_state.get(name) or []
    refused = take_refused()
    st.session_state[_VERSION] = st.session_state.get(_VERSION, 0) + 1
    most, largest = desk.settings.upload_files, desk.settings.upload_bytes
    try:
        if refused or len(came) > most or sum(file.size for file in came) > largest:
            st.session_state[_FAULT] = DataError(
                f"A browser may send {most:,} files and {largest // 10**6:,} MB at a time; this "
                "was more, and nothing of it was taken.",
                hint="Send the films in smaller groups.",
            )
        elif came:
            _put(desk, desk.choice.id, [(file.name, file.getvalue()) for file in came])
    finally:
        let_go(*(file.file_id for file in came))


def _put(desk: Desk, choice_id: str, files: Files, *, drawn: bool = False) -> None:
    st.session_state.pop(_FAULT, None)
    choice = next(each for each in desk.choices if each.id == choice_id)
    if choice.ready:
        _say_refused(desk.worklist.add(files, choice_id, drawn=drawn))
    else:
        _say_refused(desk.worklist.park(files, choice_id, drawn=drawn))
        start_preparing(desk.settings, choice_id)


def _say_refused(taken: Taken) -> None:
    """Keep in mind why films are not on the worklist."""
    if taken.refused:
        more = len(taken.refused) - _REFUSED_SHOWN
        rest = f" And {more} more." if more > 0 else ""
        st.session_state[_FAULT] = DataError(" ".join(taken.refused[:_REFUSED_SHOWN]) + rest)
