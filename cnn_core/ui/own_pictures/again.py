"""Training once more from the result: with what was decided since, or from random weights."""

from dataclasses import replace

import streamlit as st

from cnn_core.charts.wording import plural
from cnn_core.data.pictures.decisions import decided
from cnn_core.results.config import TrainConfig
from cnn_core.results.pictures import Plan, Selection
from cnn_core.results.runs import RunRecord
from cnn_core.runtime.picture_runs import read_plan
from cnn_core.runtime.submit import build_request
from cnn_core.ui.boundary import guarded, plain_markdown
from cnn_core.ui.lab import Laboratory
from cnn_core.ui.own_pictures.decisions import undo_button
from cnn_core.ui.own_pictures.estimate import cost_of, plan_for
from cnn_core.ui.own_pictures.state import Chosen, open_run, show_tab
from cnn_core.ui.owner import owner_id
from cnn_core.ui.training.start import queue_runs

_LOOKED_AT = 200  # finished runs


def changed_since(chosen: Chosen, plan: Plan) -> int:
    """Return of how many pictures something else is decided now than when the run was planned."""
    before = decided(chosen.snapshot, plan.decisions)
    now = decided(chosen.snapshot, chosen.decisions)
    return sum(before.get(place) != now.get(place) for place in {*before, *now})


def offer_again(lab: Laboratory, chosen: Chosen, record: RunRecord, *, key: str) -> None:
    """Where something was decided since the run, offer to train it again, with what it would take.

    Args:
        lab: this server's.
        chosen: the run's pictures with what is decided of them now.
        record: the run.
        key: of the button.
    """
    count = changed_since(chosen, read_plan(record.dataset))
    if not count:
        return
    _, words = cost_of(lab.settings, plan_for(chosen, record.config), record.config)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            f"Train again with {plural(count, 'change')}",
            type="primary",
            icon=":material/replay:",
            key=key,
            on_click=train_again,
            args=(lab, record, record.config, chosen.selection, record.preset),
            help="The same settings and seed. The split is made anew from what is left.",
        )
        undo_button(chosen)
    st.caption(plain_markdown(words))


def scratch_run(lab: Laboratory, record: RunRecord) -> RunRecord | None:
    """Return the newest finished run of the same network, from random weights, on its pictures."""
    alike = lab.store.list(recipe=record.recipe, statuses=("finished",), limit=_LOOKED_AT)
    return next(
        (
            run
            for run in alike
            if run.config.mode == "scratch"
            and run.config.model == record.config.model
            and run.dataset.fingerprint == record.dataset.fingerprint
        ),
        None,
    )


def offer_scratch(lab: Laboratory, record: RunRecord) -> None:
    """Offer to train the same network on the run's own pictures from random weights."""
    plan = read_plan(record.dataset)
    selection = Selection(snapshot=plan.snapshot, decisions=plan.decisions, grouped=plan.grouped)
    config = replace(record.config, mode="scratch", rate_finder="off")
    _, words = cost_of(lab.settings, plan, config)
    st.markdown("What is owed to ImageNet? The same network from random weights tells.")
    st.button(
        "Train it from scratch",
        icon=":material/replay:",
        key="from-scratch",
        on_click=train_again,
        args=(lab, record, config, selection, "custom"),
        help="On the same pictures, with the same split; it comes into the table when it is done.",
    )
    st.caption(plain_markdown(words))


@guarded
def train_again(
    lab: Laboratory, record: RunRecord, config: TrainConfig, selection: Selection, preset: str
) -> None:
    """Queue a run and show it in "Training"; a callback."""
    request = build_request(
        lab.settings,
        recipe=record.recipe,
        preset=preset,
        config=config,
        owner=owner_id(),
        selection=selection,
    )
    run_id = queue_runs(lab, [request])
    if run_id is None:
        show_tab("Training")  # where the equal run is offered
    else:
        open_run(run_id, "Training")
