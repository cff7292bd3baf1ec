"""The charts on residual connections: drawn as they were (golden), what they say and leave out.

Golden files are written anew with `GOLDEN=write` in the environment (test_judgement_charts.py).
"""

import json
import os
from dataclasses import replace

import pytest

from cnn_core.charts import palette
from cnn_core.charts.experiments_residual import (
    Drawn,
    fit_alt,
    fit_figure,
    fit_title,
)
from cnn_core.charts.experiments_residual_flow import flow_alt, flow_figure, flow_title, width_of
from cnn_core.charts.experiments_residual_gradients import gradient_alt, gradient_figure
from cnn_core.charts.experiments_residual_pairs import pairs_alt, pairs_figure
from cnn_core.charts.inspection import TEXT_PX
from cnn_core.results.trial_events import TrialDone
from cnn_core.results.trials import Place, Trials
from tests.charts.test_judgement_charts import GOLDEN, plain, title

COLORS = {"plain": palette.VALIDATION, "residual": palette.TRAINING}
GRADIENT, FIT = "gradient depth=8", "fit depth=8"


def drawn(arm, condition):
    return Drawn(place=Place(arm=arm, condition=condition), name=f"<{arm}>", color=COLORS[arm])


LANES = [drawn(arm, GRADIENT) for arm in ("residual", "plain")]
LINES = [drawn(arm, FIT) for arm in ("plain", "residual")]
PAIRS = [("8 layers", *LINES), ("20 layers", drawn("plain", "no"), drawn("residual", "no"))]


def done(arm, condition, seed, figures, losses=()):
    return TrialDone(
        step=1,
        arm=arm,
        condition=condition,
        seed=seed,
        names=list(figures),
        figures=list(figures.values()),
        at=[10 * (place + 1) for place in range(len(losses))],
        losses=list(losses),
        seconds=1.0,
        elapsed_seconds=1.0,
    )


def gradients(arm, seed, kept):
    figures = {}
    for block in range(1, 4):
        size = kept ** (3 - block) * (1 + 0.1 * seed)
        figures |= {
            f"weights {block}": size,
            f"branch {block}": size,
            f"identity {block}": 2 * size if arm == "residual" else 0.0,
            f"arriving {block}": 2.2 * size if arm == "residual" else size,
        }
    return done(arm, GRADIENT, seed, figures)


def trials(seeds):
    found = []
    for seed in range(seeds):
        end = 1.0 + 0.1 * seed
        found += [
            gradients("plain", seed, 1e-4),
            gradients("residual", seed, 0.5),
            done("plain", FIT, seed, {"loss": 2.1}, (2.3, 2.2, 2.1)),
            done("residual", FIT, seed, {"loss": end}, (2.4, 1.7, end)),
        ]
    return Trials(tuple(found))


FIGURES = {
    "residual gradients": lambda found: gradient_figure(found, LANES),
    "residual fit": lambda found: fit_figure(found, LINES),
    "residual pairs": lambda found: pairs_figure(found, PAIRS),
    "residual way": lambda found: flow_figure(found, LANES),
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_drawn_as_it_was(name):
    figure = plain(json.loads(FIGURES[name](trials(3)).to_json(engine="json")))
    path = GOLDEN / f"{name.replace(' ', '-')}.json"
    if os.environ.get("GOLDEN") == "write":
        path.write_text(json.dumps(figure, indent=1, sort_keys=True) + "\n")
    assert figure == json.loads(path.read_text())


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize("seeds", [0, 1, 2])
def test_partial_trials_make_legible_figures_without_names_as_html(name, seeds):
    found = trials(seeds)
    for shown in (found, Trials(found.done[:1])):
        figure = FIGURES[name](shown)
        assert title(figure)
        assert "<plain>" not in figure.to_json()
        assert figure.layout.paper_bgcolor == palette.TRANSPARENT
        for axis in (figure.layout.xaxis, figure.layout.yaxis):
            assert axis.tickfont.size >= TEXT_PX


def test_titles_and_alternative_texts_say_what_was_measured():
    found = trials(3)
    assert flow_title(found, LANES) == (
        "On its way back through 2 blocks the gradient "
        "shrinks to 0.25 times its size (<residual>), shrinks to 1 × 10⁻⁸ times its size (<plain>)"
    )
    assert "the identity brings 2 times what the branch brings" in flow_alt(found, LANES)
    assert "In the <plain> network there is no identity path." in flow_alt(found, LANES)
    assert "first block 1 × 10⁻⁸ times the last one's" in gradient_alt(found, LANES)
    assert "<residual> 1.10 (95 %: 0.85 to 1.35)" in fit_alt(found, LINES)
    assert title(pairs_figure(found, PAIRS)) == "8 layers: lower with shortcuts in 3 of 3 seeds"
    assert "plain less residual 1.00" in pairs_alt(found, PAIRS)


def test_a_twin_that_diverged_is_counted_as_the_worse_and_said():
    lost = done("plain", FIT, 3, {"diverged": 1.0}, (2.3, 2.2))
    found = Trials((*trials(3).done, lost, done("residual", FIT, 3, {"loss": 1.2, "diverged": 0})))
    assert title(pairs_figure(found, PAIRS)) == "8 layers: lower with shortcuts in 4 of 4 seeds"
    assert "The training diverged: plain in 1 of 4 seeds" in pairs_alt(found, PAIRS)
    assert "2.10, diverged in 1 of 4 (<plain>)" in fit_title(found, LINES)
    assert "2.10, diverged in 1 of 4 (95 %: " in fit_alt(found, LINES)


def test_the_way_of_a_plain_network_has_no_identity_and_faint_lines_are_dotted():
    shapes = flow_figure(trials(1), LANES).layout.shapes
    straight = [shape for shape in shapes if shape.type == "line"]
    assert len(straight) == 3
    assert all(shape.line.color == palette.TRAINING for shape in straight)
    dotted = [shape for shape in shapes if shape.type == "path" and shape.line.dash == "dot"]
    assert len(dotted) == 1  # 1e-8 of what arrives at the last plain block
    assert width_of(-1.0, 0.0) > width_of(-2.0, 0.0)


def test_a_first_point_far_above_leaves_the_axis_to_those_that_follow_and_is_said():
    far = (
        done("plain", FIT, 0, {"loss": 2.1}, (2.3, 2.2, 2.1)),
        done("residual", FIT, 0, {"loss": 2.2}, (3.8, 2.3, 2.2)),
    )
    figure = fit_figure(Trials(far), LINES)
    assert figure.layout.yaxis.range[1] < 2.5
    assert "&lt;residual&gt; 3.80" in figure.layout.annotations[0].text
    assert fit_figure(trials(3), LINES).layout.yaxis.range is None


def test_a_legend_of_many_lines_names_each_colour_and_dash_once():
    lines = [
        replace(line, name=f"{line.name}, {kind}", dash=dash, legend=(kind, line.name))
        for line, dash in zip(LANES, ("dash", "solid"), strict=True)
        for kind in ("He's", "PyTorch's")
    ]
    figure = gradient_figure(trials(1), lines)
    named = [trace.name for trace in figure.data if trace.showlegend is not False]
    assert named == ["He&#x27;s", "PyTorch&#x27;s", "&lt;residual&gt;", "&lt;plain&gt;"]
    assert figure.layout.yaxis.ticktext[-1] == "1"
    assert "10⁻⁸" in figure.layout.yaxis.ticktext
