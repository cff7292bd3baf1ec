"""The picture: a sample, an upload or a photo taken now, and how the network gets it.

An upload is decoded once, to at most `LONGEST_SIDE` pixels a side, and kept by the session; the
server then lets its bytes go. What cannot be read changes nothing: one sentence, and the last
picture stays. A link restores a sample; somebody's own picture never leaves their session.
"""

import functools
from dataclasses import dataclass

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from cnn_core.data.decode import MAX_BYTES, decode
from cnn_core.data.samples import SAMPLES, sample_picture
from cnn_core.errors import PictureError
from cnn_core.results.inspection import Pixels
from cnn_core.ui.boundary import guarded, plain_markdown, show_error
from cnn_core.ui.inspector.state import link
from cnn_core.ui.upload_quota import let_go

LONGEST_SIDE = 1024
DEFAULT = "cat"
OWN = "own"
_KEY = "picture"
_UPLOAD, _CAMERA = "inspector-upload", "inspector-camera"
_OWN_PHOTO, _FAULT = "inspector-own-photo", "inspector-upload-fault"


@dataclass(frozen=True, eq=False, kw_only=True)
class Photo:
    """A picture to be inspected.

    Attributes:
        name: for a person.
        token: differs where the pixels differ.
        pixels: uint8 (H, W, 3), at most `LONGEST_SIDE` a side.
    """

    name: str
    token: str
    pixels: Pixels


def choose_picture() -> Photo:
    """Draw the ways to a picture, and return the one that is chosen."""
    chosen = _chosen()
    own: Photo | None = st.session_state.get(_OWN_PHOTO)

    def say(name: str) -> str:
        return plain_markdown(own.name) if name == OWN and own else SAMPLES[name].title

    title = _short(own.name) if chosen == OWN and own else f"Picture: {chosen}"
    with st.popover(plain_markdown(title), icon=":material/image:"):
        st.file_uploader(
            "Upload a photo",
            ["png", "jpg", "jpeg", "webp", "bmp", "tif", "tiff", "gif"],
            key=_UPLOAD,
            max_upload_size=MAX_BYTES // 2**20,
            on_change=_take,
            args=(_UPLOAD,),
            help="It stays on this server, in your session alone. Its content decides the "
            "format, not its name.",
        )
        st.pills(
            "Or one of these",
            [OWN, *SAMPLES] if own else list(SAMPLES),
            key=_KEY,
            required=True,
            format_func=say,
            on_change=_forget_fault,
            persist_state="session",
        )
        if st.toggle("Take a photo", key="inspector-camera-on"):
            st.camera_input(
                "Camera", key=_CAMERA, on_change=_take, args=(_CAMERA,),
                label_visibility="collapsed",
            )  # fmt: skip
    if chosen == OWN and own:
        return own
    return Photo(name=chosen, token=chosen, pixels=sample_photo(chosen))


@functools.lru_cache(maxsize=len(SAMPLES))
def sample_photo(name: str) -> Pixels:
    """Return a sample photo, decoded once for all sessions, not to be written to."""
    pixels = sample_picture(name)
    pixels.setflags(write=False)
    return pixels


def say_what_was_wrong() -> None:
    """Draw why the last upload could not be read, if it could not."""
    fault: PictureError | None = st.session_state.get(_FAULT)
    if fault is not None:
        show_error(fault)


def _short(name: str, most: int = 18) -> str:
    """Return a name that fits a button.

    >>> _short("a very long name of a picture.jpeg")
    'a very …ture.jpeg'
    """
    return name if len(name) <= most else f"{name[: most // 2 - 2]}…{name[-most // 2 :]}"


def _chosen() -> str:
    """Return the session's choice, at first the address bar's; say so if that cannot be shown."""
    given = st.session_state.get(_KEY) or st.query_params.get(_KEY, DEFAULT)
    own = st.session_state.get(_OWN_PHOTO)
    if given not in SAMPLES and not (given == OWN and own):
        st.info(
            "The link is of somebody's own picture, which stayed with them: here is the cat."
            if given == OWN
            else f"There is no sample picture named {plain_markdown(repr(given[:40]))}: here is "
            "the cat.",
            icon=":material/image_search:",
        )
        given = DEFAULT
    st.session_state[_KEY] = given
    link(_KEY, given, DEFAULT)
    return given


@guarded
def _take(key: str) -> None:
    """Decode what was uploaded, once, and let its bytes go; keep the last picture if it is none."""
    uploaded = st.session_state.get(key)
    if uploaded is None:
        _forget_fault()
    if not isinstance(uploaded, UploadedFile):
        return  # taken away by the person, or let go after it was decoded
    _forget_fault()
    try:
        pixels = decode(uploaded.getvalue(), longest_side=LONGEST_SIDE)
    except PictureError as error:
        st.session_state[_FAULT] = error
    else:
        name = "photo.jpg" if key == _CAMERA else uploaded.name
        photo = Photo(name=name, token=uploaded.file_id, pixels=pixels)
        st.session_state[_OWN_PHOTO] = photo
        st.session_state[_KEY] = OWN
    finally:
        let_go(uploaded.file_id)


def _forget_fault() -> None:
    st.session_state.pop(_FAULT, None)
