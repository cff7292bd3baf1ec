"""What a channel would like to see: a picture drawn by gradient ascent, beside the page.

The ascent takes seconds, so it runs in a thread of its own, which calls no Streamlit: the page
looks at it twice a second, and a button ends it. It also ends by itself when nobody has looked
for ten seconds (another page, a closed tab). A session has one at a time.
"""

import threading
import time
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from cnn_core.errors import CnnLabError
from cnn_core.results.inspection import ModelChoice, Pixels
from cnn_core.ui.boundary import guarded, plain_markdown
from cnn_core.ui.inspector.state import Inspected
from cnn_core.ui.wording import about

if TYPE_CHECKING:
    from cnn_core.runtime.inspection import Inspector

STEPS = 128
TICK_SECONDS = 0.5
UNWATCHED_SECONDS = 10.0
_STATE = "inspector-ascent"
_LEAST_PIXELS = 224  # a smaller picture is shown with larger pixels


class Ascent:
    """One picture in the making.

    Attributes:
        subject: what it is for: network, layer and channel.
        done: steps taken.
        picture: uint8 (H, W, 3); None until the thread ends, and where it failed.
        error: why it failed; None if it did not.
        stopped: whether it ended before its last step.
    """

    def __init__(
        self, inspector: "Inspector", choice: ModelChoice, layer: str, channel: int
    ) -> None:
        self.subject = (choice, layer, channel)
        self.done = 0
        self.picture: Pixels | None = None
        self.error: Exception | None = None
        self.stopped = False
        self._inspector = inspector
        self._stop = threading.Event()
        self._looked = self._began = time.monotonic()
        self._thread = threading.Thread(
            target=self._run, name=f"visualise-{layer}-{channel}", daemon=True
        )
        self._thread.start()

    def _run(self) -> None:
        choice, layer, channel = self.subject
        try:
            self.picture = self._inspector.visualise_channel(
                choice, layer, channel, steps=STEPS, progress=self._tell, cancelled=self._given_up
            )
            self.stopped = self._given_up() and self.done < STEPS
        except Exception as error:  # noqa: BLE001 - raised again where a page can show it
            self.error = error

    def _tell(self, done: int, total: int) -> None:
        if done == 1:
            self._began = time.monotonic()  # before it the network was loaded
        self.done = done

    def _given_up(self) -> bool:
        return self._stop.is_set() or time.monotonic() - self._looked > UNWATCHED_SECONDS

    @property
    def running(self) -> bool:
        """Whether the thread is at work; asking counts as looking."""
        self._looked = time.monotonic()
        return self._thread.is_alive()

    @property
    def seconds_left(self) -> float | None:
        """Return an estimate from the steps so far; None before there are two."""
        if self.done < 2:
            return None
        a_step = (time.monotonic() - self._began) / (self.done - 1)
        return a_step * (STEPS - self.done)

    def cancel(self) -> None:
        """End it after the step at hand; what was reached by then is its picture."""
        self._stop.set()

    def join(self, seconds: float) -> None:
        """Wait until the thread has ended, `seconds` at most."""
        self._thread.join(seconds)


def render_visualise(place: Inspected, layer: str, channel: int) -> None:
    """Draw the button that starts an ascent, its progress, or the picture that came of it.

    Args:
        place: the network.
        layer: whose channel.
        channel: counted from 0.
    """
    subject = (place.choice, layer, channel)
    ascent: Ascent | None = st.session_state.get(_STATE)
    if ascent is not None and ascent.subject != subject:
        ascent.cancel()
        del st.session_state[_STATE]
        ascent = None
    if ascent is None and st.button(
        f"Draw it for channel {channel}",
        icon=":material/brush:",
        key="visualise-start",
        help="Starts from grey and changes the picture, step by step, so that this channel "
        "answers more strongly (activation maximisation).",
    ):
        ascent = st.session_state[_STATE] = Ascent(place.inspector, place.choice, layer, channel)
    if ascent is None:
        st.caption(f"{STEPS} steps: seconds for an early layer, up to a minute for a late one.")
    elif ascent.running:
        _progress()
    else:
        _picture(ascent, layer, channel)


@st.fragment(run_every=TICK_SECONDS)
@guarded
def _progress() -> None:
    """Draw how far the ascent is; when it has ended, the page is drawn once more."""
    ascent: Ascent | None = st.session_state.get(_STATE)
    if ascent is None or not ascent.running:
        st.rerun()
        return
    left = ascent.seconds_left
    estimate = f", {about(left)} left" if left is not None else ""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(ascent.done / STEPS, text=f"Step {ascent.done} of {STEPS}{estimate}")
        st.button(
            "Stop drawing", icon=":material/stop:", key="visualise-stop", on_click=ascent.cancel
        )


def _picture(ascent: Ascent, layer: str, channel: int) -> None:
    """Draw the picture of an ascent that has ended.

    Raises:
        Exception: what ended it, if it failed.
    """
    if ascent.error is not None:
        del st.session_state[_STATE]
        raise ascent.error
    if ascent.picture is None:
        raise CnnLabError("The drawing ended without a picture.", hint="Start it again.")
    factor = max(1, -(-_LEAST_PIXELS // min(ascent.picture.shape[:2])))
    shown = np.repeat(np.repeat(ascent.picture, factor, axis=0), factor, axis=1)
    steps = f"stopped after {ascent.done} steps" if ascent.stopped else f"{STEPS} steps"
    st.image(shown, caption=f"{layer}, channel {channel}: {steps}", width=max(shown.shape[1], 280))
    st.caption(
        plain_markdown(
            "A picture made for this channel alone: what it answers to, not what it "
            "stands for. Other seeds and regularisers give other pictures "
            "(Olah et al. 2017, Feature Visualization, Distill)."
        )
    )
    if ascent.stopped and st.button(
        "Draw it again", icon=":material/brush:", key="visualise-again"
    ):
        del st.session_state[_STATE]
        st.rerun()
