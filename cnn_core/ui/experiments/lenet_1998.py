"""The page "LeNet-5, 1998": one modern part at a time, and a drawn digit read by both networks."""

import streamlit as st

from cnn_core.concepts.lenet_1998.settings import BASE, CHANGES, TODAY, Lenet1998Settings
from cnn_core.concepts.lenet_1998.sizes import parameters_of
from cnn_core.concepts.lenet_1998.speed import looks
from cnn_core.concepts.lenet_1998.words import NAMES, capital
from cnn_core.results.trials import Place, Trials
from cnn_core.ui.experiments.lenet_1998_facts import facts
from cnn_core.ui.experiments.parts import ExperimentPage

_PLAIN = {"displayModeBar": False}
_OTHERS = (*CHANGES, TODAY)


def _result(settings: Lenet1998Settings, trials: Trials, key: str) -> None:
    """Draw both paired differences side by side, the table, and accuracy by step."""
    from cnn_core.charts import experiments_lenet_1998 as charts
    from cnn_core.charts import experiments_lenet_1998_curves as curves

    if not trials.done:
        return
    columns = st.columns(2, gap="medium")
    for column, measure in zip(columns, (charts.ERRORS, charts.STEPS), strict=True):
        with column:
            st.plotly_chart(
                charts.differences_chart(trials, measure, NAMES, BASE, _OTHERS),
                key=f"lenet-1998-{measure.figure}-{key}",
                alt=charts.differences_alt(trials, measure, NAMES, BASE, _OTHERS),
                config=_PLAIN,
            )
    st.caption(
        "Each dot is one seed: the same training images, in the same order, with and without the "
        "change. A diamond is their mean with its 95 % interval; it is filled where the interval "
        f"leaves out nought. Steps are counted to {settings.target:g} %; seeds in which one of the "
        "two networks did not come so far are left out there, and nothing is told of that change. "
        f"{looks(settings)}"
    )
    _table(settings, trials)
    arms = [BASE, *_OTHERS]
    st.plotly_chart(
        curves.curves_chart(trials, NAMES, arms, target=settings.target),
        key=f"lenet-1998-curves-{key}",
        alt=curves.curves_alt(trials, NAMES, arms),
        config=_PLAIN,
    )


def _table(settings: Lenet1998Settings, trials: Trials) -> None:
    """Draw each network's own figures."""
    rows: dict[str, list[str]] = {
        "Network": [],
        "Parameters": [],
        "Test error": [],
        f"Steps to {settings.target:g} %": [],
        "Came so far": [],
    }
    network, parameters, error, steps, reached = rows.values()
    for arm in (BASE, *_OTHERS):
        errors = trials.spread("error", Place(arm=arm))
        if errors is None:
            continue
        taken = trials.spread("steps", Place(arm=arm))
        network.append(capital(NAMES[arm]))
        parameters.append(f"{parameters_of(arm):,}")
        error.append(_with_interval(errors.mean, errors.interval, 1, " %"))
        steps.append(_with_interval(taken.mean, taken.interval, 0, "") if taken else "never")
        reached.append(f"{taken.n if taken else 0} of {len(trials.at(Place(arm=arm)))}")
    st.table(rows)


def _with_interval(
    mean: float, interval: tuple[float, float] | None, digits: int, unit: str
) -> str:
    if interval is None:
        return f"{mean:.{digits}f}{unit}"
    low, high = interval
    return f"{mean:.{digits}f}{unit} ({low:.{digits}f} to {high:.{digits}f})"


def _draw_a_digit() -> None:
    from cnn_core.ui.lenet_explorer.beside import both_networks

    both_networks()


PAGE = ExperimentPage(
    experiment="lenet-1998",
    result=_result,
    facts=facts,
    more=(("Draw a digit", _draw_a_digit),),
    deciding=("error-",),
)
