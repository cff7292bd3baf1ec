"""What the page's views share: the log as it is now, and the model that they are about."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from cnn_core.results.monitoring import LoggedCase
from cnn_core.runtime.log_rows import LoggedModel
from cnn_core.runtime.monitoring import KnownModel, known_model
from cnn_core.runtime.prediction_log import open_log
from cnn_core.settings import Settings
from cnn_core.ui.boundary import plain_markdown
from cnn_core.ui.catalog import find_page
from cnn_core.ui.linked import linked_choice
from cnn_core.xray.drift import LOCAL_REFERENCE

VIEW, MODEL = "monitor", "monitor-model"
VIEWS = {
    "traffic": "Traffic",
    "drift": "Drift",
    "review": "Review",
    "alarm": "Try the alarm",
    "log": "Log",
}
TRIAGE_PAGE = find_page("triage").path
SHOWN_CASES = 20_000
"""Of a model, that the page is about, the last ones: reading more takes longer than a page may."""
_PLAIN = {"displayModeBar": False}
_SHORT = 12  # digits of a model's SHA-256


@dataclass(frozen=True, eq=False, kw_only=True)
class Watched:
    """The log of this machine.

    Attributes:
        settings: for the homes.
        models: in it, the one that was asked last first.
        model: the chosen one's SHA-256, "" while the log is empty.
        known: the chosen one, None where it is not on this machine.
        of_model: the last `SHOWN_CASES` of the chosen one, by case number; () while there are none.
        first: the first case of each of its first `LOCAL_REFERENCE` patients on this machine, as
            far as they have come; None where the log no longer has them.
        title: of the chosen one, for a person; not escaped.
    """

    settings: Settings
    models: tuple[LoggedModel, ...]
    model: str
    known: KnownModel | None
    of_model: Sequence[LoggedCase]
    first: Sequence[LoggedCase] | None
    title: str


@functools.lru_cache(maxsize=2)
def _models(settings: Settings, stamp: tuple[int, ...]) -> tuple[LoggedModel, ...]:
    del stamp  # the key: a log that was written to is read anew
    return open_log(settings).models()


@functools.lru_cache(maxsize=2)
def _cases(
    settings: Settings, model: str, stamp: tuple[int, ...]
) -> tuple[Sequence[LoggedCase], Sequence[LoggedCase] | None]:
    """Return a model's last cases, and those of its first patients."""
    del stamp
    log = open_log(settings)
    return log.cases(model, most=SHOWN_CASES), log.first_cases(model, LOCAL_REFERENCE)


def read_log(settings: Settings) -> Watched:
    """Read the log, and draw the choice of a model where there is one."""
    stamp = open_log(settings).stamp()
    models = _models(settings, stamp)
    shas = [each.sha256 for each in models]
    chosen = _choose(settings, shas) if len(shas) > 1 else "".join(shas)
    known = known_model(settings, chosen) if chosen else None
    of_model, first = _cases(settings, chosen, stamp) if chosen else ((), ())
    return Watched(
        settings=settings,
        models=models,
        model=chosen,
        known=known,
        of_model=of_model,
        first=first,
        title=model_title(chosen, known),
    )


def _choose(settings: Settings, shas: list[str]) -> str:
    """Draw the choice of a model; the address bar has the beginning of its SHA-256."""
    short = {sha[:_SHORT]: sha for sha in shas}
    linked_choice(MODEL, short, next(iter(short)))
    chosen = st.selectbox(
        "Model",
        list(short),
        format_func=lambda each: model_title(short[each], known_model(settings, short[each])),
        key=MODEL,
        width=420,
        help="The log has cases of several triage models. Each is watched by itself.",
    )
    return short[chosen]


def model_title(sha256: str, known: KnownModel | None) -> str:
    """Return a model as a person knows it, with the beginning of its SHA-256."""
    title = known.title if known else "a model that is not on this machine"
    return f"{title} ({sha256[:_SHORT]})"


def draw(figure: object, key: str, alt: str) -> None:
    """Draw a figure that is only looked at."""
    st.plotly_chart(figure, key=f"monitor-{key}", alt=alt, config=_PLAIN)


def nothing_logged(what: str) -> None:
    """Say what will stand here, and where films come in."""
    st.markdown(
        "Nothing has been logged on this machine yet. Every film that is triaged, on the page, in "
        "a terminal or over HTTP, leaves one row of digests and figures: no picture, no name. "
        + what
    )
    with st.container(horizontal=True):
        st.page_link(TRIAGE_PAGE, label="Go to X-ray triage", icon=":material/fact_check:")
        st.button(
            "Try the alarm with synthetic films",
            icon=":material/notification_important:",
            on_click=open_view,
            args=("alarm",),
            key="monitor-to-alarm",
        )


def open_view(view: str) -> None:
    """Open a view at the next run of the page. For callbacks."""
    st.session_state[VIEW] = view


def caption(text: str) -> None:
    """Draw a caption that holds text from outside."""
    st.caption(plain_markdown(text))
