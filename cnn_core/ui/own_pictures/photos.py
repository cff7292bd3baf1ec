"""The pictures that are tried: own ones from the browser, some the network never saw, and samples.

An upload is decoded once, to at most `LONGEST_SIDE` pixels a side, and kept by the session; the
server then lets its bytes go. What cannot be read is said, file by file; the others are tried.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from cnn_core.data.decode import MAX_BYTES, decode
from cnn_core.data.pictures.store import PictureStore
from cnn_core.data.samples import SAMPLES
from cnn_core.errors import PictureError
from cnn_core.results.inspection import Pixels
from cnn_core.results.pictures import PARTS, Part, Plan, Snapshot
from cnn_core.ui.boundary import guarded, plain_markdown
from cnn_core.ui.inspector.picture import LONGEST_SIDE, Photo, sample_photo
from cnn_core.ui.linked import linked_choice
from cnn_core.ui.upload_quota import let_go, take_refused

MOST = 24
TRY = "try"
OWN = "own"
_SAMPLES = ("cat", "coffee")
_MOST_CLASSES = 6
_PHOTOS, _FAULTS, _VERSION = "own-tried-photos", "own-tried-faults", "own-tried-version"
_PART_WORDS: dict[Part, str] = {"test": "test", "valid": "validation", "train": "training"}


@dataclass(frozen=True, eq=False, kw_only=True)
class Asked:
    """A picture to be tried; `truth` is its class where that is known, `part` where it stood."""

    photo: Photo
    truth: str = ""
    part: str = ""


def choose_photos(snapshot: Snapshot, plan: Plan, store: PictureStore) -> list[Asked]:
    """Draw the ways to pictures; return those that are chosen: all own ones, or one other."""
    own: list[Photo] = st.session_state.get(_PHOTOS, [])
    held = _held_out(plan)
    options = [*([OWN] if own else []), *held, *_SAMPLES]
    left, right = st.columns([1, 1.4], gap="medium")
    with left:
        _uploader()
    with right:
        linked_choice(TRY, options, options[0])
        picked = st.pills(
            "Or one of these",
            options,
            key=TRY,
            required=True,
            wrap=True,
            persist_state="session",
            format_func=lambda name: _title(name, plan, held, len(own)),
            help="Pictures of your folder that the network did not learn from, one a class, and "
            "photos of something else.",
        )
        _say_faults()
    chosen = picked or options[0]
    if chosen == OWN:
        return [Asked(photo=photo) for photo in own]
    if chosen in held:
        return [_from_plan(snapshot, plan, store, held[chosen])]
    return [Asked(photo=Photo(name=chosen, token=chosen, pixels=sample_photo(chosen)))]


def _held_out(plan: Plan) -> dict[str, int]:
    """Return places in the plan of one picture a class that was not trained on, by link name."""
    part = next(part for part in reversed(PARTS) if plan.count(part))
    found: dict[int, int] = {}
    for place, (label, its) in enumerate(zip(plan.labels, plan.parts, strict=True)):
        if its == part:
            found.setdefault(label, place)
    places = [found[label] for label in sorted(found)][:_MOST_CLASSES]
    return {f"picture-{plan.pictures[place]}": place for place in places}


def _title(name: str, plan: Plan, held: dict[str, int], own: int) -> str:
    if name == OWN:
        return f"yours ({own})"
    if name in held:
        place = held[name]
        label = plan.classes[plan.labels[place]]
        return plain_markdown(f"{_short(label)} ({_PART_WORDS[plan.parts[place]]})")
    return f"{SAMPLES[name].title} (sample)"


def _short(label: str, most: int = 18) -> str:
    return label if len(label) <= most else f"{label[: most - 1]}…"


def _from_plan(snapshot: Snapshot, plan: Plan, store: PictureStore, place: int) -> Asked:
    sha256 = plan.sha256[place]
    photo = Photo(
        name=snapshot.pictures[plan.pictures[place]].name,
        token=sha256,
        pixels=_decoded(store, sha256),
    )
    label = plan.classes[plan.labels[place]]
    return Asked(photo=photo, truth=label, part=_PART_WORDS[plan.parts[place]])


def _decoded(store: PictureStore, sha256: str) -> Pixels:
    return decode(store.read(sha256), longest_side=LONGEST_SIDE)


def _uploader() -> None:
    version = st.session_state.get(_VERSION, 0)
    key = f"own-try-upload-{version}"
    st.file_uploader(
        "Pictures to try",
        ["png", "jpg", "jpeg", "webp", "bmp", "tif", "tiff", "gif"],
        accept_multiple_files=True,
        key=key,
        max_upload_size=MAX_BYTES // 2**20,
        on_change=_take,
        args=(key,),
        help=f"At most {MOST} at a time. They stay on this server, in your session alone.",
    )


@guarded
def _take(key: str) -> None:
    """Decode what came, once; empty the control, and let the server's hold of the files go."""
    came: list[UploadedFile] = list(st.session_state.get(key) or [])
    st.session_state[_VERSION] = st.session_state.get(_VERSION, 0) + 1
    try:
        photos, faults = _read(came)
    finally:
        let_go(*(file.file_id for file in came))
    if refused := take_refused():
        faults.append(f"{refused} files were more than one session may upload at a time.")
    st.session_state[_FAULTS] = faults
    if photos:
        st.session_state[_PHOTOS] = photos
        st.session_state[TRY] = OWN


def _read(came: Sequence[UploadedFile]) -> tuple[list[Photo], list[str]]:
    photos, faults = [], []
    for file in came[:MOST]:
        try:
            pixels = decode(file.getvalue(), longest_side=LONGEST_SIDE)
        except PictureError as error:
            faults.append(f"{file.name[:80]}: {error.message}")
        else:
            photos.append(Photo(name=file.name[:80], token=file.file_id, pixels=pixels))
    if len(came) > MOST:
        faults.append(f"{len(came) - MOST} more than {MOST} pictures came; they were not tried.")
    return photos, faults


def _say_faults() -> None:
    faults: list[str] = st.session_state.get(_FAULTS, [])
    if faults:
        lines = "\n".join(f"* {plain_markdown(fault)}" for fault in faults)
        st.markdown(f":material/error: Not tried:\n{lines}")
