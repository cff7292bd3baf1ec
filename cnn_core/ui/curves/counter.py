"""The counter-experiment: one change, run beside what is there with the same seeds.

The verdict proposes what to try, the best first; one click queues the pair. Of what was tried the
panel says what changed, with the interval of the difference. While runs of a pair are under way it
draws itself once a second.
"""

import dataclasses
from collections.abc import Sequence

import streamlit as st

from cnn_core.results.studied import Studied
from cnn_core.results.verdict import Proposal
from cnn_core.runtime.counter import start_counter
from cnn_core.runtime.devices import known_devices
from cnn_core.runtime.ways import chance_of, proposals_for
from cnn_core.ui.boundary import error_boundary, plain_markdown
from cnn_core.ui.curves.cost import pair_words
from cnn_core.ui.curves.studied import link_id
from cnn_core.ui.curves.tried import tried_panel
from cnn_core.ui.curves.verdict import verdict_line
from cnn_core.ui.inspector.engine import free_for_training
from cnn_core.ui.lab import Laboratory
from cnn_core.ui.owner import owner_id

MOST_SEEDS = 5
_SEEDS = 3  # the fewest that give an interval worth the name


def counter_panel(lab: Laboratory, studied: Studied) -> None:
    """Draw the change to try, its cost, the button that queues the pair, and what came of it."""
    verdict = verdict_line(studied, chance_of(studied.records[0]))
    offered = proposals_for(studied, verdict)
    if offered:
        _offer(lab, studied, _chosen(studied, offered))
    else:
        st.markdown("No change follows from this verdict.")
    tried_panel(lab, studied)


def _chosen(studied: Studied, offered: Sequence[Proposal]) -> Proposal:
    """Return what is to be tried, at first the best."""
    if len(offered) == 1:
        return offered[0]
    place = st.selectbox(
        "What to change",
        range(len(offered)),
        format_func=lambda index: offered[index].title + (" · proposed" if index == 0 else ""),
        key=f"change-{link_id(studied)}",
        help="The first one is what the verdict proposes; the others are worth a try too.",
    )
    return offered[place if place < len(offered) else 0]


def _offer(lab: Laboratory, studied: Studied, proposal: Proposal) -> None:
    st.markdown(f"**{plain_markdown(proposal.title)}.** {plain_markdown(proposal.why)}")
    st.caption(changed_words(studied, proposal))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        seeds = st.number_input(
            "Seeds",
            1,
            MOST_SEEDS,
            min(MOST_SEEDS, max(_SEEDS, len(studied.records))),
            key=f"pair-seeds-{link_id(studied)}",
            width=140,
            help="So many runs without the change and with it, pair by pair of equal seeds. One "
            "pair says nothing of how much another seed would differ.",
        )
        clicked = st.button(
            "Run the pair" if seeds == 1 else f"Run the pair, {seeds} seeds each",
            type="primary",
            icon=":material/compare_arrows:",
            disabled=studied.active,
            key="run-pair",
            help="It is still under way: wait until it has ended." if studied.active else None,
        )
    wanted = seeds_for(studied, seeds)
    st.caption(pair_words(lab, studied, proposal, wanted))
    if clicked:
        with error_boundary("counter-experiment"):
            free_for_training(known_devices(lab.settings.runs)[0].id)
            start_counter(
                lab.settings, lab.store, studied, proposal, seeds=wanted, owner=owner_id()
            )
            lab.launcher.dispatch()
            st.rerun()


def seeds_for(studied: Studied, count: int) -> list[int]:
    """Return `count` seeds: those that are there, then the next ones.

    Args:
        studied: what there is.
        count: how many, at least one.
    """
    there = list(dict.fromkeys(run.config.seed for run in studied.records))[:count]
    following = range(there[-1] + 1, there[-1] + 1 + count)
    return [*there, *(seed for seed in following if seed not in there)][:count]


def changed_words(studied: Studied, proposal: Proposal) -> str:
    """Return which settings differ, before and after."""
    before = dataclasses.asdict(studied.records[0].config)
    after = dataclasses.asdict(proposal.config)
    pairs = [f"{name} {_text(before[name])} → {_text(after[name])}" for name in proposal.changed]
    return plain_markdown(f"Changed: {'; '.join(pairs)}. All else stays as it was.")


def _text(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value) or "the recipe's own"
