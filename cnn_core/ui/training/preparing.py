"""What a run does before its first step and after its last, as far as a page shows it."""

import streamlit as st

from cnn_core.charts.judgement_curves import rate_figure
from cnn_core.charts.wording import seconds
from cnn_core.results.config import TrainConfig
from cnn_core.results.events import Preparing, RateFound
from cnn_core.ui.boundary import plain_markdown


def preparing_share(preparing: Preparing) -> float:
    """Return how much of a piece of work beside training is done, 0 to 1."""
    return min(preparing.done / preparing.total, 1.0) if preparing.total else 0.0


def preparing_text(preparing: Preparing) -> str:
    """Return where a piece of work beside training stands: done of total, pace, time left.

    >>> looking = Preparing(what="VGG-16 looks at the pictures", done=310, total=750, seconds=30.0,
    ...                     cached=10)
    >>> preparing_text(looking)
    'VGG-16 looks at the pictures · 310 of 750 · 10.0 a second · 44 s left · 10 were kept'
    """
    words = [plain_markdown(preparing.what)]
    new = preparing.done - preparing.cached
    if preparing.total:
        words.append(f"{preparing.done:,} of {preparing.total:,}")
    if preparing.total and new > 0 and preparing.seconds > 0:
        pace = new / preparing.seconds
        words.append(f"{pace:.1f} a second" if pace < 100 else f"{pace:,.0f} a second")
        left = (preparing.total - preparing.done) / pace
        words.append(f"{seconds(left)} left" if left else "done")
    if preparing.cached:
        words.append(f"{preparing.cached:,} were kept")
    return " · ".join(words)


def before_steps(config: TrainConfig, *, own: bool) -> str:
    """Return what a run that fine-tunes does before its first step, in words.

    Args:
        config: of the run.
        own: whether on a person's own pictures, which have to be decoded.
    """
    if not own and config.mode in ("scratch", "all"):
        return "The pictures are brought to the device; then the steps begin."
    if config.mode == "scratch":
        return "Every picture is decoded and cut to size; then the steps begin."
    if config.mode == "all":
        return "Every picture is decoded and cut to size; then the whole network learns from them."
    if config.cache == "off":
        return "The frozen part looks at the pictures of every batch anew: the steps begin at once."
    return (
        "The frozen part looks once at every view of every picture. What it makes of them is kept: "
        "the next run on these pictures begins with its steps."
    )


def rate_chart(record_key: str, found: RateFound) -> None:
    """Draw what the learning rate finder measured, and the rate that it chose."""
    st.plotly_chart(
        rate_figure(found),
        key=f"rates-{record_key}",
        alt=f"Loss at rising learning rates; {found.suggestion:.2g} was chosen.",
        config={"displayModeBar": False},
    )
