"""The run in front of the person: where it stands, its curves and its times, live.

While the run is active the panel is a fragment that draws itself once a second; chart nodes stay
the same from tick to tick. When the run ends the whole page is drawn once more.
"""

import streamlit as st

from cnn_core.charts.live import (
    CHART_HEIGHT,
    LENET_1998,
    accuracy_alt,
    accuracy_chart,
    epoch_time_alt,
    epoch_time_chart,
    loss_alt,
    loss_chart,
    split_alt,
    split_chart,
    throughput_alt,
    throughput_chart,
)
from cnn_core.charts.wording import percent, seconds
from cnn_core.errors import RunStateError
from cnn_core.results.history import History
from cnn_core.results.runs import RunRecord
from cnn_core.training.recipes import FILMS, OWN_PICTURES, find_recipe
from cnn_core.ui.boundary import guarded, plain_markdown
from cnn_core.ui.drawn_once import drawn_once
from cnn_core.ui.lab import Laboratory
from cnn_core.ui.owner import owner_id
from cnn_core.ui.training.preparing import before_steps, preparing_share, preparing_text, rate_chart
from cnn_core.ui.training.start import open_run
from cnn_core.ui.training.to_curves import read_curves_button
from cnn_core.ui.wording import about, badge, unofficial

TICK_SECONDS = 1.0
CLOCK_TARGET = 0.99
METRIC_PIXELS = 172  # two stand side by side on a phone


def run_header(lab: Laboratory, record: RunRecord) -> None:
    """Draw the run's name, status and the buttons that its status and owner allow."""
    with st.container(horizontal=True, vertical_alignment="center"):
        name = f"**{plain_markdown(record.name)}** {badge(record)}{unofficial(record)}"
        st.markdown(name, width="stretch")
        run_buttons(lab, record)


def run_buttons(lab: Laboratory, record: RunRecord) -> None:
    """Draw the way to its curves, and Stop or Resume where its status and owner allow it."""
    if record.steps_done:
        read_curves_button(record.id)
    if record.owner != owner_id():
        return
    if record.active:
        label = "Stopping …" if record.stop_requested else "Stop, keep the best"
        if st.button(label, icon=":material/stop:", disabled=record.stop_requested, key="stop-run"):
            lab.store.request_stop(record.id)
            st.rerun()
    elif record.resumable and st.button(
        "Resume training", icon=":material/resume:", key="resume-run"
    ):
        lab.store.requeue(record.id)
        open_run(lab, record.id)


def where_it_stands(lab: Laboratory, record: RunRecord, history: History) -> None:
    """Draw progress and estimate, or the sentence of how the run ended."""
    if record.status == "queued":
        waiting(lab, record)
        return
    preparing = history.preparing if record.active else None
    if preparing is not None:
        st.progress(preparing_share(preparing), text=preparing_text(preparing))
    elif history.started is None:
        st.progress(0.0, text="Starting the worker …" if record.active else "Nothing was trained.")
    else:
        st.progress(history.progress(), text=_progress_text(record, history))
    say_error(record)


def waiting(lab: Laboratory, record: RunRecord) -> None:
    """Draw what a queued run waits for."""
    wait = lab.wait(record.id)
    if not wait.ahead:
        st.progress(0.0, text="Next in line: starting …")
        return
    estimate = f", {about(wait.seconds)}" if wait.seconds is not None else ""
    runs = "one run" if wait.ahead == 1 else f"{wait.ahead} runs"
    st.progress(0.0, text=f"Waiting: {runs} before this one{estimate}.")


def say_error(record: RunRecord) -> None:
    """Say why a run failed, and what to do; nothing of one that did not."""
    if record.error:
        st.markdown(
            f":material/error: {plain_markdown(record.error)} {plain_markdown(record.hint)}"
        )


def _progress_text(record: RunRecord, history: History) -> str:
    started = history.started
    if started is None:
        raise RunStateError("expected a run that has begun")
    words = [
        f"Epoch {max(history.epoch, 1)} of {started.total_epochs}",
        f"step {history.step:,} of {started.total_steps:,}",
        f"{seconds(history.elapsed_seconds)} elapsed",
    ]
    left = history.remaining_seconds()
    if record.active and left is not None:
        words.append("testing" if history.progress() >= 1 else f"{seconds(left)} left")
    return " · ".join(words)


def score_row(record: RunRecord, history: History) -> None:
    """Draw the figures: accuracy, times, pace, and the clock to 99 % or the best epoch."""
    with st.container(horizontal=True, gap="small"):
        _accuracy(history)
        st.metric(
            "Training time",
            seconds(history.train_seconds),
            width=METRIC_PIXELS,
            help="Training alone; with evaluation and checkpoints "
            f"{seconds(history.elapsed_seconds)}.",
        )
        pace = history.images_per_second()
        st.metric(
            "Pace (images/s)",
            f"{pace:,.0f}" if pace else "not yet",
            width=METRIC_PIXELS,
            help=f"Training alone, on {record.device}.",
        )
        if has_clock(record):
            _clock(history)
        else:
            _best_epoch(history)


def has_clock(record: RunRecord) -> bool:
    """Whether 99 % is a mark that a run of this recipe is measured by: of digits it is."""
    return not prepares(record)


def prepares(record: RunRecord) -> bool:
    """Whether the run works on its pictures before the first step, as fine-tuning does."""
    decoded = record.dataset.source in (OWN_PICTURES, FILMS)
    return decoded or find_recipe(record.recipe).input_size > 0


def _clock(history: History) -> None:
    reached = history.seconds_to(CLOCK_TARGET)
    st.metric(
        "Clock to 99 %",
        seconds(reached.train_seconds) if reached else "not yet",
        width=METRIC_PIXELS,
        help="Training time until validation accuracy first reached 99 %; it is measured after "
        "each epoch.",
    )


def _best_epoch(history: History) -> None:
    """Draw the validation accuracy (or AUROC) of the epoch whose weights are kept."""
    best = next((done for done in reversed(history.epochs) if done.best), None)
    score, what = percent(best.valid_accuracy) if best else "not yet", "accuracy"
    if best and best.valid_auroc is not None:
        score, what = f"AUROC {best.valid_auroc:.3f}", "AUROC (each class against the rest)"
    st.metric(
        "Best validation",
        score,
        delta=f"epoch {best.epoch} of {len(history.epochs)}" if best else None,
        delta_color="off",
        delta_arrow="off",
        width=METRIC_PIXELS,
        help=f"The best validation {what} so far; the weights of that epoch are kept.",
    )


def _accuracy(history: History) -> None:
    """Draw the test score with its interval; before it is known the latest validation accuracy."""
    end = history.finished
    last = history.epochs[-1] if history.epochs else None
    if last and last.valid_auroc is not None:  # the study says what the tested films tell
        st.metric(
            "Validation AUROC",
            f"{last.valid_auroc:.3f}",
            width=METRIC_PIXELS,
            help="After the last epoch, the mean over the classes of each against the rest, on "
            "films of patients that are held out of training.",
        )
        return
    if end is None or end.test_accuracy is None:
        st.metric(
            "Validation accuracy",
            percent(history.epochs[-1].valid_accuracy) if history.epochs else "not yet",
            width=METRIC_PIXELS,
            help="After the last epoch, on images held out of the training set.",
        )
        return
    low, high = end.test_interval
    st.metric(
        "Test accuracy",
        percent(end.test_accuracy),
        delta=f"{100 * low:.2f} to {100 * high:.2f} (95 %)",
        delta_color="off",
        delta_arrow="off",
        width=METRIC_PIXELS,
        help=f"95 % interval {percent(low)} to {percent(high)} (Wilson 1927) over "
        f"{end.test_size:,} test images, looked at once, with the weights of epoch "
        f"{end.best_epoch}, the best on the validation set.",
    )


def learning_charts(record_key: str, history: History, *, on_mnist: bool) -> None:
    """Draw loss by step and accuracy by epoch."""
    left, right = st.columns(2)
    with left:
        st.echarts_chart(
            drawn_once(loss_chart, history),
            key=f"loss-{record_key}",
            height=CHART_HEIGHT,
            alt=drawn_once(loss_alt, history),
        )
    with right:
        st.echarts_chart(
            drawn_once(accuracy_chart, history, reference=LENET_1998 if on_mnist else None),
            key=f"accuracy-{record_key}",
            height=CHART_HEIGHT,
            alt=drawn_once(accuracy_alt, history),
        )


def timing_charts(record_key: str, history: History) -> None:
    """Draw where a step's time goes, the pace, and the epochs' durations."""
    left, right = st.columns(2)
    charts = (
        (left, "split", split_chart, split_alt),
        (right, "pace", throughput_chart, throughput_alt),
        (left, "epochs", epoch_time_chart, epoch_time_alt),
    )
    for column, name, chart, alt in charts:
        with column:
            st.echarts_chart(
                drawn_once(chart, history),
                key=f"{name}-{record_key}",
                height=CHART_HEIGHT,
                alt=drawn_once(alt, history),
            )


def live_panel(lab: Laboratory, record: RunRecord, view: str) -> None:
    """Draw the panel of `record`, by itself every `TICK_SECONDS` while the run is active."""

    @st.fragment(run_every=TICK_SECONDS if record.active else None)
    @guarded
    def panel() -> None:
        now = lab.store.get(record.id)
        history = lab.history(record.id, now=not now.active)
        where_it_stands(lab, now, history)
        if not prepares(now) or history.step:
            _figures(now, history, view)
        elif now.active:  # for minutes, perhaps: no empty charts
            own = now.dataset.source in (OWN_PICTURES, FILMS)
            st.caption(before_steps(now.config, own=own))
        if now.status != record.status:
            st.rerun()

    panel()


def _figures(record: RunRecord, history: History, view: str) -> None:
    score_row(record, history)
    if view == "Learning":
        learning_charts(record.id, history, on_mnist=record.dataset.source == "mnist")
        if history.rate_found is not None:
            rate_chart(record.id, history.rate_found)
    elif view == "Timing":
        timing_charts(record.id, history)
