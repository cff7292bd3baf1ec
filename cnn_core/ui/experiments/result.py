"""What came out: you said, it was, the figures that decide, and the experiment's own charts."""

import re
from collections.abc import Callable, Sequence

import streamlit as st

from cnn_core.charts.wording import minus
from cnn_core.concepts.experiment import Experiment
from cnn_core.concepts.registry import find_experiment
from cnn_core.results.experiment_reading import Claim, ExperimentReading
from cnn_core.results.runs import RunRecord
from cnn_core.results.trial_tables import trials_csv
from cnn_core.results.trials import Trials
from cnn_core.runtime.experiments import chosen_of
from cnn_core.ui.boundary import plain_markdown
from cnn_core.ui.experiments.parts import ExperimentPage

_VERDICTS = {
    "holds": ":green-badge[holds]",
    "does not hold": ":orange-badge[does not hold]",
    "cannot be told": ":gray-badge[cannot be told]",
    "not measured": ":gray-badge[not measured]",
}

_DECIDED = ("holds", "does not hold")
_READ_FIRST = 4
_COUNTED = re.compile(r"\bof (?:\d+|all) seeds?\b")  # the sentence tells its share itself


def said_and_was(
    experiment: Experiment,
    reading: ExperimentReading,
    said: str,
    *,
    now: str = "",
    study: Callable[[Experiment], str] | None = None,
) -> None:
    """Draw the answer that was chosen beside the one that the trials speak for.

    Args:
        experiment: whose answers.
        reading: what the trials say.
        said: id of the answer to hold against them, "" for none.
        now: id of the answer that is chosen now: where it is another, `said` was before the run.
        study: gives a line to stand below a run that does not decide the question.
    """
    was = experiment.answer(reading.answer)
    with st.container(border=True):
        st.markdown(f"##### {plain_markdown(minus(reading.headline))}")
        if not experiment.answers:
            return
        left, right = st.columns(2)
        left.markdown(
            f"**You said{' before this run' if now not in ('', said) else ''}:** "
            f"{experiment.answer(said)}"
            if said
            else "**You said** nothing yet: choose an answer above."
        )
        badge = ""
        if said and was:
            agrees = said == reading.answer
            badge = " :green-badge[as you said]" if agrees else " :orange-badge[not what you said]"
        right.markdown(
            f"**It was:** {was}{badge}"
            if was
            else "**It was:** not decided by these trials; that is a result too."
        )
        if not was and study is not None and (line := study(experiment)):
            st.markdown(line)


def result(
    page: ExperimentPage,
    settings: object,
    trials: Trials,
    said: str,
    key: str,
    *,
    now: str = "",
    study: Callable[[Experiment], str] | None = None,
) -> None:
    """Draw verdict and charts of a run that has ended, or of a recording (`said_and_was`)."""
    experiment = find_experiment(page.experiment)
    reading = experiment.read(settings, trials)
    said_and_was(experiment, reading, said, now=now, study=study)
    page.result(settings, trials, key)


def so_far(page: ExperimentPage, record: RunRecord, trials: Trials) -> None:
    """Draw what the trials say that are done, in words that do not decide yet."""
    experiment, chosen = chosen_of(record)
    reading = experiment.read(chosen, trials)
    st.markdown(f"**So far:** {plain_markdown(minus(reading.headline))}")
    page.result(chosen, trials, record.id)


def meaning(page: ExperimentPage, settings: object, trials: Trials, key: str) -> None:
    """Draw what it means, and what was looked at with what these trials say of it."""
    experiment = find_experiment(page.experiment)
    if not trials.done:
        st.markdown("No trial is done yet.")
        return
    reading = experiment.read(settings, trials)
    for sentence in reading.meaning:
        st.markdown(plain_markdown(minus(sentence)))
    if reading.claims:
        st.markdown("**What was looked at**")
        first, rest = leading(reading.claims, page.deciding)
        _claims(first)
        if rest:
            with st.expander(f"{len(rest)} more that were looked at", icon=":material/list:"):
                _claims(rest)
    trials_button(experiment, trials, key)


def leading(
    claims: Sequence[Claim], deciding: tuple[str, ...] = ()
) -> tuple[list[Claim], list[Claim]]:
    """Return what to read first, and the rest.

    First come the claims that the question turns on, then those with a verdict. All are read first
    where no more than one would be left over.

    Args:
        claims: in their order, which is kept among equals.
        deciding: how the ids begin of those that the question turns on.
    """
    if len(claims) <= _READ_FIRST + 1:
        return list(claims), []
    by_weight = sorted(
        claims, key=lambda each: (not each.id.startswith(deciding), each.verdict not in _DECIDED)
    )
    return by_weight[:_READ_FIRST], [each for each in claims if each not in by_weight[:_READ_FIRST]]


def trials_button(experiment: Experiment, trials: Trials, key: str) -> None:
    """Draw the download of all trials."""
    st.download_button(
        "Every trial (CSV)",
        trials_csv(trials.done),
        f"{experiment.id}-trials.csv",
        "text/csv",
        on_click="ignore",
        icon=":material/download:",
        key=f"trials-csv-{key}",
    )


def _claims(claims: Sequence[Claim]) -> None:
    for claim in claims:
        counted = ""
        if claim.share is not None and not _COUNTED.search(claim.sentence):
            counted = f" So in {claim.share.text}."
        st.markdown(f"{_VERDICTS[claim.verdict]} {plain_markdown(minus(claim.sentence + counted))}")
