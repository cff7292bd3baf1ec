"""A group of seeds in front of the person: which of them are done, mean and band, live.

The page of a group shows all its seeds together, or (`?show=` with a seed) one of them as if it had
been trained alone. While a seed is under way the panel draws itself once a second, in the chart
nodes that are there.
"""

from collections.abc import Sequence
from statistics import fmean

import streamlit as st

from cnn_core.charts.live import (
    CHART_HEIGHT,
    LENET_1998,
    seeds_accuracy_alt,
    seeds_accuracy_chart,
    seeds_loss_alt,
    seeds_loss_chart,
)
from cnn_core.charts.wording import percent, plural, seconds
from cnn_core.results.groups import GroupScore, epoch_band, group_name, group_score, group_status
from cnn_core.results.history import History
from cnn_core.results.runs import RunRecord
from cnn_core.runtime.groups import runs_of, stop_group
from cnn_core.training.recipes import FILMS, OWN_PICTURES
from cnn_core.ui.boundary import guarded, plain_markdown
from cnn_core.ui.catalog import page_of_recipe
from cnn_core.ui.drawn_once import drawn_once
from cnn_core.ui.lab import Laboratory
from cnn_core.ui.owner import owner_id
from cnn_core.ui.training.live import (
    CLOCK_TARGET,
    METRIC_PIXELS,
    TICK_SECONDS,
    has_clock,
    run_buttons,
    timing_charts,
)
from cnn_core.ui.training.standing import where_they_stand
from cnn_core.ui.training.start import open_run
from cnn_core.ui.training.to_curves import read_curves_button
from cnn_core.ui.wording import badge, status_badge, unofficial

_ALL = "all"
_SHOW = "show"
_TABS = {OWN_PICTURES: {"step": "Training"}, FILMS: {"xr-step": "Train"}}  # of pages with more


def open_seeds(run: RunRecord, *, alone: bool) -> None:
    """Go to the page of a run; in a group to it `alone`, or to all seeds together."""
    if run.group != run.id:
        st.session_state[_show_key(run.group)] = str(run.config.seed) if alone else _ALL
    query = {"run": run.id, **_TABS.get(run.dataset.source, {})}
    st.switch_page(page_of_recipe(run.recipe).path, query_params=query)


def _show_key(group: str) -> str:
    return f"show-{group}"


def group_of(lab: Laboratory, record: RunRecord) -> list[RunRecord]:
    """Return the runs of the record's group by seed; of a run alone only that one."""
    return [record] if record.group == record.id else runs_of(lab.store, record.group) or [record]


def score_of(runs: Sequence[RunRecord]) -> GroupScore | None:
    """Return the group's test score over the seeds that have one."""
    return group_score([run.test_accuracy for run in runs if run.test_accuracy is not None])


def group_header(lab: Laboratory, runs: Sequence[RunRecord]) -> RunRecord | None:
    """Draw name, status, the choice between all seeds and each, and the buttons.

    Returns:
        The seed that is to be shown alone, None for all.
    """
    with st.container(horizontal=True, vertical_alignment="center"):
        name = st.container(width="stretch")
        alone = _chosen_seed(runs)
        if alone is None:
            status = group_status([run.status for run in runs])
            title = group_name([run.name for run in runs], [run.config.seed for run in runs])
            name.markdown(
                f"**{plain_markdown(title)}** {status_badge(status)}{unofficial(runs[0])}"
            )
            if any(run.steps_done for run in runs):
                read_curves_button(runs[0].group)
            if runs[0].owner == owner_id():
                _group_buttons(lab, runs)
        else:
            name.markdown(f"**{plain_markdown(alone.name)}** {badge(alone)}{unofficial(alone)}")
            run_buttons(lab, alone)
    return alone


def _chosen_seed(runs: Sequence[RunRecord]) -> RunRecord | None:
    by_seed = {str(run.config.seed): run for run in runs}
    key = _show_key(runs[0].group)
    if st.session_state.get(key) not in (_ALL, *by_seed):
        given = st.query_params.get(_SHOW)
        st.session_state[key] = given if given in by_seed else _ALL
    chosen = st.segmented_control(
        "Seed",
        [_ALL, *by_seed],
        required=True,
        format_func=lambda seed: f"All {len(runs)} seeds" if seed == _ALL else seed,
        label_visibility="collapsed",
        key=key,
        persist_state="session",
        help="All seeds together, or one as if it had been trained alone.",
    )
    if chosen in by_seed:
        st.query_params[_SHOW] = chosen
        return by_seed[chosen]
    st.query_params.pop(_SHOW, None)
    return None


def _group_buttons(lab: Laboratory, runs: Sequence[RunRecord]) -> None:
    """Draw Stop for all seeds, or Resume for those that ended early."""
    active = [run for run in runs if run.active]
    resumable = [run for run in runs if run.resumable]
    if active:
        stopping = all(run.stop_requested for run in active)
        if st.button(
            "Stopping …" if stopping else "Stop all seeds",
            icon=":material/stop:",
            disabled=stopping,
            key="stop-group",
            help="Stops the one that trains, with a checkpoint, and takes the waiting ones out "
            "of the queue.",
        ):
            stop_group(lab.store, runs[0].group)
            st.rerun()
    elif resumable:
        many = f"Resume {len(resumable)} seeds" if len(resumable) > 1 else "Resume one seed"
        if st.button(many, icon=":material/resume:", key="resume-group"):
            for run in resumable:
                lab.store.requeue(run.id)
            open_run(lab, runs[0].id)


def group_panel(lab: Laboratory, runs: Sequence[RunRecord], view: str) -> None:
    """Draw the panel of a group, by itself every `TICK_SECONDS` while a seed is under way."""
    group, before = runs[0].group, [run.status for run in runs]
    active = any(run.active for run in runs)

    @st.fragment(run_every=TICK_SECONDS if active else None)
    @guarded
    def panel() -> None:
        now = runs_of(lab.store, group)
        histories = [lab.history(run.id, now=not active) for run in now]
        if [run.status for run in now] != before:
            st.rerun()
        seeds_stand(lab, now, histories)
        score_row(now, histories)
        if view == "Learning":
            _learning_charts(group, histories, on_mnist=now[0].dataset.source == "mnist")
        else:
            index = next((i for i, run in enumerate(now) if run.status == "running"), 0)
            st.caption(f"Of seed {now[index].config.seed}.")
            timing_charts(group, histories[index])

    panel()


def seeds_stand(lab: Laboratory, runs: Sequence[RunRecord], histories: Sequence[History]) -> None:
    """Draw which seeds are done, under way and waiting, and how long all will take."""
    where_they_stand(lab, runs, histories, name=_seed_name, said=_score)


def _seed_name(run: RunRecord) -> str:
    return f"seed {run.config.seed}"


def _score(run: RunRecord, history: History) -> str:
    """Return what there is to say of a seed that is done, "" of others."""
    del history
    return "" if run.test_accuracy is None else percent(run.test_accuracy)


def score_row(runs: Sequence[RunRecord], histories: Sequence[History]) -> None:
    """Draw the figures over the seeds: accuracy with its interval, spread, and times."""
    score = score_of(runs)
    with st.container(horizontal=True, gap="small"):
        _accuracy(score, histories)
        deviation = score.deviation if score else None
        st.metric(
            "Standard deviation",
            "not yet" if deviation is None else f"{100 * deviation:.2f} %",
            width=METRIC_PIXELS,
            help="How far one seed's test accuracy lies from another's (n - 1 degrees of freedom).",
        )
        trained = [history.train_seconds for history in histories if history.step]
        st.metric(
            "Training time, all",
            seconds(sum(trained)),
            width=METRIC_PIXELS,
            help=f"Training alone, of {len(trained)} seeds together.",
        )
        if not has_clock(runs[0]):
            _best_epochs(histories)
            return
        marks = [history.seconds_to(CLOCK_TARGET) for history in histories]
        reached = [mark.train_seconds for mark in marks if mark is not None]
        st.metric(
            "Clock to 99 %, mean",
            seconds(fmean(reached)) if reached else "not yet",
            width=METRIC_PIXELS,
            help="Training time until validation accuracy first reached 99 %, mean of the "
            f"{len(reached)} of {len(runs)} seeds that did.",
        )


def _best_epochs(histories: Sequence[History]) -> None:
    """Draw the validation accuracy of the epochs whose weights are kept."""
    best = [
        next((done.valid_accuracy for done in reversed(history.epochs) if done.best), None)
        for history in histories
    ]
    known = [share for share in best if share is not None]
    st.metric(
        "Best validation, mean",
        percent(fmean(known)) if known else "not yet",
        width=METRIC_PIXELS,
        help=f"The best validation accuracy so far of {plural(len(known), 'seed')}, mean; the "
        "weights of these epochs are kept.",
    )


def _accuracy(score: GroupScore | None, histories: Sequence[History]) -> None:
    """Draw the mean test score with its interval; before the first the validation accuracy."""
    if score is None:
        found = epoch_band(histories, "valid_accuracy")
        st.metric(
            "Validation accuracy",
            percent(float(found.mean[-1])) if found.seeds else "not yet",
            width=METRIC_PIXELS,
            help="Mean over the seeds that have come furthest, on held-out training images.",
        )
        return
    if score.interval is None:
        spread, help_text = "one seed yet", "Of the one seed that has been tested."
    else:
        low, high = score.interval
        spread = f"{100 * low:.2f} to {100 * high:.2f} (95 %)"
        help_text = (
            f"Mean of {score.n} seeds; 95 % interval of the mean {percent(low)} to {percent(high)} "
            "over the seeds (Student 1908), cut at 100 %."
        )
    st.metric(
        f"Test accuracy, n = {score.n}",
        percent(score.mean),
        delta=spread,
        delta_color="off",
        delta_arrow="off",
        width=METRIC_PIXELS,
        help=help_text,
    )


def _learning_charts(group: str, histories: Sequence[History], *, on_mnist: bool) -> None:
    """Draw loss by step and accuracy by epoch, mean and band."""
    left, right = st.columns(2)
    with left:
        st.echarts_chart(
            drawn_once(seeds_loss_chart, histories),
            key=f"loss-{group}",
            height=CHART_HEIGHT,
            alt=drawn_once(seeds_loss_alt, histories),
        )
    with right:
        reference = LENET_1998 if on_mnist else None
        st.echarts_chart(
            drawn_once(seeds_accuracy_chart, histories, reference=reference),
            key=f"accuracy-{group}",
            height=CHART_HEIGHT,
            alt=drawn_once(seeds_accuracy_alt, histories),
        )
