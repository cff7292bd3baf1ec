"""An experiment under way: who runs it, how far it is, and the curve of the trial being run.

Progress and curve draw themselves once a second, what is known so far every few seconds; chart
nodes stay the same from tick to tick. When the run ends the whole page is drawn once more.
"""

from collections.abc import Mapping

import streamlit as st

from cnn_core.charts.wording import seconds as in_seconds
from cnn_core.errors import CnnLabError
from cnn_core.results.runs import RunRecord
from cnn_core.results.trials import Standing
from cnn_core.runtime.experiments import chosen_of, to_come, trials_left, weight_of
from cnn_core.ui.boundary import guarded, plain_markdown
from cnn_core.ui.experiments.parts import ExperimentPage
from cnn_core.ui.experiments.result import so_far
from cnn_core.ui.experiments.standing import stands
from cnn_core.ui.lab import Laboratory
from cnn_core.ui.owner import owner_id
from cnn_core.ui.training.live import TICK_SECONDS, say_error, waiting
from cnn_core.ui.training.preparing import preparing_text
from cnn_core.ui.training.start import open_run
from cnn_core.ui.wording import about, badge, unofficial

_SO_FAR_SECONDS = 3.0
CURVE_HEIGHT = 260


def run_header(lab: Laboratory, record: RunRecord) -> None:
    """Draw the run's name, status and the buttons that its status and owner allow."""
    with st.container(horizontal=True, vertical_alignment="center"):
        name = f"**{plain_markdown(record.name)}** {badge(record)}{unofficial(record)}"
        st.markdown(name, width="stretch")
        if record.owner != owner_id():
            return
        if record.active:
            label = "Stopping …" if record.stop_requested else "Stop, keep the trials"
            stopping, key = record.stop_requested, f"stop-{record.id}"
            if st.button(label, icon=":material/stop:", disabled=stopping, key=key):
                lab.store.request_stop(record.id)
                st.rerun()
        elif record.resumable and st.button(
            "Resume the experiment", icon=":material/resume:", key=f"resume-{record.id}"
        ):
            lab.store.requeue(record.id)
            open_run(lab, record.id)


def progress(lab: Laboratory, record: RunRecord) -> None:
    """Draw how far the run is, once a second while it is under way, or how it ended early."""

    @st.fragment(run_every=TICK_SECONDS if record.active else None)
    @guarded
    def panel() -> None:
        now = lab.store.get(record.id)
        if now.status == "queued":
            waiting(lab, now)
        else:
            standing = stands(lab, now.id, now=not now.active)
            left = trials_left(lab.store, now) if now.active else None
            share, text = _progress(now, standing, left)
            if now.status != "finished":
                st.progress(share, text=text)
            say_error(now)
        if now.status != record.status:
            st.rerun()

    panel()


def _progress(
    record: RunRecord, standing: Standing, estimate: float | None = None
) -> tuple[float, str]:
    """Return the share that is done, 0 to 1 by the trials' weights, and what to say of it.

    Args:
        record: of the run.
        standing: where it is.
        estimate: seconds that are left, which is said until trials have a pace of their own.
    """
    if not standing.total:
        return 0.0, "Starting the worker …" if record.active else "No trial was run."
    experiment, chosen = chosen_of(record)
    planned = experiment.plan(chosen)
    whole, left = weight_of(planned), weight_of(to_come(planned, standing.trials))
    share = 1.0 - left / whole if whole else 0.0
    words = [f"{len(standing.trials.done):,} of {standing.total:,} trials done"]
    point = standing.running[-1] if standing.running else None
    if point is not None and record.active:
        place = (point.arm, point.condition, point.seed)
        weights = {(each.arm, each.condition, each.seed): each.weight for each in planned}
        if whole:
            share += weights.get(place, 0.0) / whole * point.at / max(point.of, 1)
        words.append(plain_markdown(trial_name(experiment.names, *place)))
    if standing.preparing is not None and record.active:
        words.append(preparing_text(standing.preparing))
    done = standing.elapsed_seconds
    if done:
        words.append(f"{in_seconds(done)} elapsed")
    trained = sum(trial.seconds for trial in standing.trials.done)  # without what went before
    if record.active and trained and whole > left:
        words.append(f"{about(trained / (whole - left) * whole * (1 - share))} left")
    elif record.active and estimate is not None:
        words.append(f"{about(estimate)} left in all")
    return min(max(share, 0.0), 1.0), " · ".join(words)


def trial_name(names: Mapping[str, str], arm: str, condition: str, seed: int) -> str:
    """Return what a trial is called, by the names of arms and conditions.

    >>> trial_name({"cnn": "the CNN"}, "cnn", "", 2)
    'the CNN, seed 2'
    """
    parts = [arm, condition] if condition else [arm]
    return ", ".join([*(names.get(each, each) for each in parts), f"seed {seed}"])


def live_result(lab: Laboratory, page: ExperimentPage, record: RunRecord) -> None:
    """Draw the curve of the trial under way, and beneath it what is known so far."""

    @st.fragment(run_every=TICK_SECONDS)
    @guarded
    def curve() -> None:
        from cnn_core.charts.experiments_live import trial_alt, trial_chart

        standing = stands(lab, record.id)
        if not standing.running and not any(trial.at for trial in standing.trials.done):
            return  # nothing that has a curve
        experiment, chosen = chosen_of(record)
        order = tuple(dict.fromkeys(each.arm for each in experiment.plan(chosen)))
        st.echarts_chart(
            trial_chart(standing, experiment.names, order),
            key=f"trial-{record.id}",
            height=CURVE_HEIGHT,
            alt=trial_alt(standing, experiment.names),
        )

    @st.fragment(run_every=_SO_FAR_SECONDS)
    @guarded
    def known() -> None:
        trials = stands(lab, record.id).trials
        if trials.done:
            so_far(page, record, trials)

    try:
        chosen_of(record)
    except CnnLabError as error:
        say = plain_markdown(f"{error.message} {error.hint}".strip())
        st.markdown(say)
        return
    curve()
    known()
