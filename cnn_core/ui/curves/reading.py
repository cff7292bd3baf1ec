"""What the curves say: the verdict in a sentence, the curves, and the figures it rests on.

While a run is under way the panel is a fragment that draws itself once a second, in the chart nodes
that are there; when a run begins or ends the whole page is drawn once more.
"""

from collections.abc import Sequence

import streamlit as st

from cnn_core.charts.wording import plural
from cnn_core.results.studied import Recording, Studied
from cnn_core.results.verdict import FitVerdict
from cnn_core.runtime.ways import chance_of, proposals_for
from cnn_core.ui.boundary import guarded, plain_markdown
from cnn_core.ui.curves.charts import fit_charts, look_controls
from cnn_core.ui.curves.studied import studied_runs, titles_of
from cnn_core.ui.curves.verdict import evidence_table, verdict_line
from cnn_core.ui.lab import Laboratory
from cnn_core.ui.training.live import TICK_SECONDS

_REFRESH_SECONDS = TICK_SECONDS


def reading_panel(lab: Laboratory, studied: Studied) -> None:
    """Draw the verdict first, then the curves, then the figures and what they were held against.

    While a run of `studied` is under way the panel draws itself again.
    """
    readings_panel(lab, [studied])


def readings_panel(lab: Laboratory, studies: Sequence[Studied]) -> None:
    """Draw the same of several runs or groups, at least one, their curves over each other."""
    active = any(each.active for each in studies)
    before = [run.status for each in studies for run in each.records]
    chances = [chance_of(each.records[0]) for each in studies]

    @st.fragment(run_every=_REFRESH_SECONDS if active else None)
    @guarded
    def panel() -> None:
        now = [_now(lab, each) for each in studies] if active else list(studies)
        if [run.status for each in now for run in each.records] != before:
            st.rerun()
        names = titles_of(now) if len(now) > 1 else [""]
        verdicts = [
            verdict_line(each, chance, name=name)
            for each, chance, name in zip(now, chances, names, strict=True)
        ]
        fit_charts(now, look_controls(several=len(now) > 1))
        st.caption(pictures_words(now))
        for each in now:
            if each.recording is not None:
                st.caption(recorded_words(each.recording, each))
        if len(now) == 1:
            _proposed(now[0], verdicts[0])
            evidence_table(verdicts[0])

    panel()


def _proposed(studied: Studied, verdict: FitVerdict) -> None:
    """Draw the one change that the verdict proposes."""
    offered = () if studied.active else proposals_for(studied, verdict)
    if offered:
        st.markdown(
            f":material/arrow_forward: To try next: **{plain_markdown(offered[0].title)}.** "
            f"{plain_markdown(offered[0].why)}"
        )


def _now(lab: Laboratory, studied: Studied) -> Studied:
    if not studied.active:
        return studied
    return studied_runs(lab, [lab.store.get(run.id) for run in studied.records])


def pictures_words(studies: Sequence[Studied]) -> str:
    """Return which pictures the runs saw, each data set once."""
    seen = {
        (run.dataset.name, run.config.data_share): run.dataset
        for each in studies
        for run in each.records[:1]
    }
    told = [
        f"{name}{'' if share == 1 else f', {100 * share:g} % of its training pictures'} "
        f"({each.train_size:,} to train, {each.valid_size:,} to validate, "
        f"{each.test_size:,} to test)"
        for (name, share), each in seen.items()
    ]
    return plain_markdown(f"Pictures: {'; '.join(told)}.")


def recorded_words(recording: Recording, studied: Studied) -> str:
    """Return where a recording was made, and of which pictures."""
    versions = ", ".join(f"{name} {version}" for name, version in recording.versions.items())
    return plain_markdown(
        f"Recorded on {recording.date}, {plural(len(studied.records), 'run')}: {recording.data} "
        f"Hardware: {recording.hardware}; {versions}. Made by: {recording.command}"
    )
