"""What came of a counter-experiment: progress while it runs, then the differences, paired by seed.

A difference whose interval leaves out 0 is more than chance; one whose interval does not cannot be
told apart, and is called so.
"""

import streamlit as st

from cnn_core.charts.difference_marks import differences_alt, differences_chart
from cnn_core.results.differences import endings_sentence
from cnn_core.results.fit_verdict import fit_verdict
from cnn_core.results.studied import Studied
from cnn_core.results.verdict import ChangeKind, Difference
from cnn_core.runtime.changes import changes_of
from cnn_core.runtime.counter import Counter, counters_of
from cnn_core.ui.boundary import guarded, plain_markdown
from cnn_core.ui.curves.charts import Look, fit_charts, ground
from cnn_core.ui.curves.studied import link_id, studied_runs
from cnn_core.ui.curves.verdict import verdict_badge
from cnn_core.ui.lab import Laboratory
from cnn_core.ui.owner import owner_id
from cnn_core.ui.training.group import seeds_stand
from cnn_core.ui.training.live import TICK_SECONDS

CHANGE_WORDS: dict[ChangeKind, str] = {
    "more-data": "more data",
    "augmentation": "augmentation",
    "weight-decay": "weight decay",
    "dropout": "dropout",
    "larger-net": "a larger network",
    "smaller-net": "a smaller network",
    "longer": "longer training",
    "lower-rate": "a lower rate",
}
_LOOK = Look(by="epoch", lines=("valid", "train"), smoothing=0.0, log_x=False, log_y=False)


def tried_panel(lab: Laboratory, studied: Studied) -> None:
    """Draw the changes to `studied` that were tried here, one at a time; nothing if none was."""
    tried = counters_of(lab.store, studied)
    if not tried:
        return
    st.divider()
    place = 0
    if len(tried) > 1:
        place = st.selectbox(
            "What was tried",
            range(len(tried)),
            format_func=lambda index: _title(tried[index]),
            key=f"tried-{link_id(studied)}",
            help="The newest first.",
        )
    counter = tried[min(place, len(tried) - 1)]
    runs = (*counter.before, *counter.after)
    before = [run.status for run in runs]
    active = any(run.active for run in runs)

    @st.fragment(run_every=TICK_SECONDS if active else None)
    @guarded
    def panel() -> None:
        now = [lab.store.get(run.id) for run in runs]
        if [run.status for run in now] != before:
            st.rerun()
        plain, changed = now[: len(counter.before)], now[len(counter.before) :]
        st.markdown(f"**Tried: {_title(counter)}**")
        if active:
            _progress(lab, studied_runs(lab, changed), "With the change")
            if plain:
                _progress(lab, studied_runs(lab, plain), "Without it")
            _stop(lab, counter)
        if plain:
            _what_changed(lab, counter, studied_runs(lab, plain), studied_runs(lab, changed))
        elif not active:
            st.markdown("The runs without the change are not here any more: nothing to compare.")

    panel()


def _title(counter: Counter) -> str:
    seeds = ", ".join(str(run.config.seed) for run in counter.after)
    several = "seeds" if len(counter.after) > 1 else "seed"
    return f"{CHANGE_WORDS[counter.change]}, {several} {seeds}"


def _progress(lab: Laboratory, studied: Studied, words: str) -> None:
    if studied.active:
        st.caption(words)
        seeds_stand(lab, studied.records, studied.histories)


def _stop(lab: Laboratory, counter: Counter) -> None:
    mine = [
        run for run in (*counter.before, *counter.after) if run.active and run.owner == owner_id()
    ]
    if mine and st.button("Stop the pair", icon=":material/stop:", key="stop-pair"):
        for run in mine:
            lab.store.request_stop(run.id)
        st.rerun()


def _what_changed(lab: Laboratory, counter: Counter, before: Studied, after: Studied) -> None:
    found = changes_of(lab.store, before, after)
    if found:
        st.markdown(f"{_badge(found[0])} {plain_markdown(found[0].sentence)}")
    ended = not (before.active or after.active)
    if ended and (endings := endings_sentence(before, after)):
        st.markdown(plain_markdown(endings))
    if found or ended:
        kinds = [fit_verdict(each).kind for each in (before, after)]
        st.markdown(
            f"Verdict without the change: {verdict_badge(kinds[0])}, with it: "
            f"{verdict_badge(kinds[1])}."
        )
    if found:
        shares = tuple(each for each in found if each.id != "seconds")
        st.echarts_chart(
            differences_chart(shares, change=CHANGE_WORDS[counter.change], ground=ground()),
            key=f"differences-{after.id}",
            height=110 + 44 * len(shares),
            alt=differences_alt(shares, change=CHANGE_WORDS[counter.change]),
        )
        for each in found[1:]:
            st.markdown(f"{_badge(each)} {plain_markdown(each.sentence)}")
    elif ended:
        st.markdown("No seed has finished both without the change and with it: no difference.")
    if any(history.epochs for history in (*before.histories, *after.histories)):
        names = ("Without the change", f"With {CHANGE_WORDS[counter.change]}")
        fit_charts([before, after], _LOOK, names=names)


def _badge(each: Difference) -> str:
    if each.low is None:
        return ":gray-badge[not known]"
    return ":blue-badge[more than chance]" if each.told_apart else ":gray-badge[not told apart]"
