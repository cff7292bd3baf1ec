"""The page part on residual connections: every view draws what there is, and texts are computed."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from cnn_core.concepts.residual.arms import FITTED
from cnn_core.concepts.residual.networks import drawn_network
from cnn_core.ui.experiments import residual_facts


def counted(width):
    net = drawn_network(
        FITTED[1], residual_facts.DEPTH, width=width, in_channels=3, num_classes=10, seed=0
    )
    return f"{sum(each.numel() for each in net.parameters()):,}"


def test_parameters_in_the_texts_are_the_networks_own():
    assert counted(residual_facts.PAPER_WIDTH) in residual_facts.block_words()
    assert counted(residual_facts.OUR_WIDTH) in residual_facts.experiment_words()
    assert f"1/{round(6**8, -5):,}" in residual_facts.vanishing_words()


def drawn_views(seeds):
    """The page part in a script of its own; AppTest takes its source, so all is imported here."""
    from cnn_core.concepts.residual.plan import plan
    from cnn_core.concepts.residual.settings import ResidualSettings
    from cnn_core.results.trial_events import TrialDone
    from cnn_core.results.trials import Trials
    from cnn_core.ui.experiments.residual import PAGE

    def done(planned):
        blocks = (int(planned.condition.partition("=")[2]) - 2) // 2
        norms = {
            f"{kind} {block}": 1.0 + block
            for kind in ("weights", "branch", "identity", "arriving")
            for block in range(1, blocks + 1)
        }
        return TrialDone(
            step=1,
            arm=planned.arm,
            condition=planned.condition,
            seed=planned.seed,
            names=["loss", "ratio", "accuracy", *norms],
            figures=[2.0, 1.0, 0.1, *norms.values()],
            at=[10, 20],
            losses=[2.2, 2.0],
            seconds=1.0,
            elapsed_seconds=1.0,
        )

    settings = ResidualSettings(seeds=max(1, seeds))
    trials = Trials(tuple(done(each) for each in plan(settings)) if seeds else ())
    PAGE.result(settings, trials, "here")


@pytest.mark.parametrize("seeds", [0, 2])
def test_every_view_is_drawn_with_and_without_trials(seeds):
    app = AppTest.from_function(drawn_views, kwargs={"seeds": seeds}, default_timeout=30).run()
    view = app.segmented_control(key="here-residual-view")
    assert view.value == ("Does it fit?" if seeds else "Does the gradient arrive?")
    charts = {}
    for name in view.options:
        app.segmented_control(key="here-residual-view").set_value(name).run()
        assert not app.exception
        specs = [json.loads(each.proto.spec) for each in app.get("plotly_chart")]
        charts[name] = [bool(spec["data"]) for spec in specs]
        assert all(each.proto.alt for each in app.get("plotly_chart"))
    assert [len(each) for each in charts.values()] == [2, 1, 1, 1]
    assert all(all(each) for each in charts.values()) or not seeds
