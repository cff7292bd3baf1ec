"""The ways for films to come in: phantoms that are drawn here, a folder, a zip file, a server path.

An upload is written to a folder below the film store, which goes when the films have been taken
in, or with the next sweep if the server ends before. The name of a zip file may name a patient: it
is no title.
"""

import shutil
import zipfile
from contextlib import ExitStack
from pathlib import Path

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from cnn_core.data.decode import MAX_BYTES
from cnn_core.data.films.phantoms import KINDS, PhantomKind, phantom_words
from cnn_core.data.pictures.folder import resolve_server_path
from cnn_core.data.pictures.names import clean_name
from cnn_core.data.pictures.staging import translated
from cnn_core.errors import CnnLabError, DataError, StorageError
from cnn_core.results.films import FilmSetHeader
from cnn_core.runtime.xray_runs import film_store
from cnn_core.ui.boundary import guarded, plain_markdown, show_error
from cnn_core.ui.lab import Laboratory
from cnn_core.ui.own_pictures.server_path import top_of
from cnn_core.ui.owner import owner_id
from cnn_core.ui.upload_quota import let_go, take_refused
from cnn_core.ui.wording import when
from cnn_core.ui.xray.state import open_films
from cnn_core.ui.xray.work import start_work, work_under_way

DEFAULT_KIND: PhantomKind = "marker"
FILMS: int | None = None
"""How many phantoms are drawn; None: as many as each kind needs for everything to be measured."""
_VERSION, _FAULT = "xray-uploader", "xray-upload-fault"
_LISTED = 30
UPLOADED = "Uploaded films"
"""What films are called that came as a zip file or from a browser."""
_LAYOUT = (
    "One folder a class (`films/normal/1.png`, `films/covid19/2.dcm`), or a `manifest.csv` with "
    "`file,label` and, where known, `patient_id, source, site, view, age, sex, study_date, "
    "licence, split`. PNG, JPEG, or DICOM (CR, DX)."
)


def phantom_button(lab: Laboratory, *, key: str) -> None:
    """Draw the button of the default study."""
    st.button(
        "Run the phantom study",
        type="primary",
        icon=":material/play_arrow:",
        key=f"phantoms-{key}",
        on_click=start_phantoms,
        args=(lab, DEFAULT_KIND),
        disabled=work_under_way() is not None,
        help="Draws chest phantoms on this machine, with a corner marker that gives the label "
        "away, audits them, and scores the same model in the naive and in the honest way.",
    )


@guarded
def start_phantoms(lab: Laboratory, kind: PhantomKind) -> None:
    """Draw a set of phantoms, audit it and compare the protocols on it; a callback."""
    work = {"kind": "phantoms", "phantoms": kind, "seed": 0, "films": FILMS}
    start_work(lab, phantom_words(kind)["title"], work)


def bring(lab: Laboratory, *, key: str) -> None:
    """Draw all ways but the default study's button.

    Args:
        lab: this server's.
        key: tells two such places on a page apart.
    """
    ways = ["Folder", "Zip file", "Phantoms"]
    if lab.settings.browse is not None:
        ways.insert(2, "On the server")
    way = st.segmented_control(
        "Where the films are", ways, default=ways[0], required=True, key=f"xray-way-{key}",
        label_visibility="collapsed",
    )  # fmt: skip
    if way == "Phantoms":
        _offer_phantoms(lab, key)
    elif way == "On the server":
        _offer_server_path(lab, key)
    else:
        _offer_upload(lab, key, zipped=way == "Zip file")
        st.caption(_LAYOUT)
    fault: CnnLabError | None = st.session_state.get(_FAULT)
    if fault is not None:
        show_error(fault)
    _earlier(lab, key)


def _offer_phantoms(lab: Laboratory, key: str) -> None:
    kind = st.selectbox(
        "Kind of phantoms",
        KINDS,
        format_func=lambda name: phantom_words(name)["title"].removeprefix("Chest phantoms: "),
        key=f"xray-kind-{key}",
        help="Each kind holds one trap that the audit has to find; one has none.",
    )
    st.button(
        "Draw and examine these phantoms",
        icon=":material/brush:",
        key=f"draw-phantoms-{key}",
        on_click=start_phantoms,
        args=(lab, kind),
    )


def _offer_server_path(lab: Laboratory, key: str) -> None:
    browse = lab.settings.browse
    if browse is None:
        return
    text = st.selectbox(
        "Folder or zip file on the server",
        top_of(browse),
        index=None,
        accept_new_options=True,
        key=f"xray-server-{key}",
        placeholder="Choose, or type a path such as films/2024",
        help="Below the folder that this server reads pictures from.",
    )
    if st.button(
        "Take these films in", type="primary", disabled=not text, key=f"xray-server-go-{key}",
        icon=":material/drive_folder_upload:",
    ):  # fmt: skip
        try:
            path = resolve_server_path(text or "", browse)
        except CnnLabError as error:
            show_error(error)
            return
        title = clean_name(path.name) if path.is_dir() else UPLOADED
        start_work(lab, title, _bringing(path, title))
        st.rerun()


def _offer_upload(lab: Laboratory, key: str, *, zipped: bool) -> None:
    files, megabytes = lab.settings.upload_files, lab.settings.upload_bytes // 10**6
    name = f"xray-upload-{key}-{zipped}-{st.session_state.get(_VERSION, 0)}"
    if zipped:
        st.file_uploader(
            "Zip file of the films", ["zip"], key=name,
            max_upload_size=max(1, lab.settings.upload_bytes // 2**20),
            on_change=_take, args=(lab, name), kwargs={"zipped": True},
        )  # fmt: skip
        st.caption(f"At most {megabytes:,} MB.")
    else:
        st.file_uploader(
            "Folder of the films", accept_multiple_files="directory", key=name,
            max_upload_size=MAX_BYTES // 2**20,
            on_change=_take, args=(lab, name), kwargs={"zipped": False},
        )  # fmt: skip
        st.caption(f"At most {files:,} files and {megabytes:,} MB from a browser.")


@guarded
def _take(lab: Laboratory, name: str, *, zipped: bool) -> None:
    """Put what has come into a temporary file, let the server's hold go, and begin."""
    value = st.session_state.get(name)
    came: list[UploadedFile] = [] if not value else value if isinstance(value, list) else [value]
    refused = take_refused()
    st.session_state.pop(_FAULT, None)
    st.session_state[_VERSION] = st.session_state.get(_VERSION, 0) + 1
    limits = lab.settings.upload_files, lab.settings.upload_bytes
    if refused or len(came) > limits[0] or sum(file.size for file in came) > limits[1]:
        st.session_state[_FAULT] = DataError(
            f"A browser may send {limits[0]:,} files and {limits[1] // 10**6:,} MB at most; this "
            "was more, and nothing of it was taken.",
            hint="Send a zip file, or train in a terminal on the server: "
            "`python -m cnn_core train xray-triage --data DIR`.",
        )
    elif came:
        try:
            with ExitStack() as stack, translated():
                folder = stack.enter_context(film_store(lab.settings).pictures.held_folder())
                path = _written(folder, came, zipped=zipped)
                held = stack.pop_all()
        except StorageError as error:
            st.session_state[_FAULT] = error
        else:
            start_work(lab, UPLOADED, _bringing(path, UPLOADED), finally_=held.close)
    let_go(*(file.file_id for file in came))


def _bringing(path: Path, title: str) -> dict[str, object]:
    """Return the work of taking films in for this session's owner."""
    return {"kind": "bring", "path": str(path), "title": title, "owner": owner_id()}


def _written(folder: Path, came: list[UploadedFile], *, zipped: bool) -> Path:
    """Return a zip file with what has come: as it is, or the folder's files under their names."""
    path = folder / "films.zip"
    if zipped:
        with path.open("wb") as output:
            shutil.copyfileobj(came[0], output)
        return path
    with zipfile.ZipFile(path, "w") as packed:
        for file in came:
            packed.writestr(file.name, file.getbuffer())
    return path


def _earlier(lab: Laboratory, key: str) -> None:
    """Offer the owner's film sets and everybody's, the newest first."""
    store, me = film_store(lab.settings), owner_id()
    here = [header for header in store.sets() if store.is_listed(header.id, me)][:_LISTED]
    if not here:
        return
    by_id = {header.id: header for header in here}
    name = f"xray-earlier-{key}"

    def chosen() -> None:
        if picked := st.session_state[name]:
            open_films(picked)
            st.session_state[name] = None

    st.selectbox(
        "Films that are here already",
        list(by_id),
        index=None,
        format_func=lambda each: _title(by_id[each]),
        key=name,
        on_change=chosen,
        placeholder="Open …",
    )


def _title(header: FilmSetHeader) -> str:
    """Return what a list says of films; options of a list are plain text, never Markdown."""
    drawn = ", synthetic" if header.synthetic else ""
    many = f"{header.films:,} films of {header.patients:,} patients"
    return f"{header.title}: {many}{drawn}, {when(header.taken)}"


def films_line(title: str, films: int, classes: int, *, synthetic: bool) -> str:
    """Return which films are open, in a line of Markdown."""
    drawn = " · synthetic" if synthetic else ""
    return f"**{plain_markdown(title)}** · {films:,} films in {classes} classes{drawn}"
