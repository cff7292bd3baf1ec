"""The tab "Result": what came of the run: read in words, scored, and what it got wrong.

Everything is kept in the run's folder by the worker (`runtime.judging`); a page only reads it.
"""

import streamlit as st

from cnn_core.charts.wording import percent
from cnn_core.results.judgement import Judgement, PartScore
from cnn_core.results.pictures import Part
from cnn_core.results.runs import RunRecord
from cnn_core.ui.boundary import plain_markdown
from cnn_core.ui.lab import Laboratory
from cnn_core.ui.linked import linked_choice
from cnn_core.ui.own_pictures.kept import kept_judgement, kept_predictions
from cnn_core.ui.own_pictures.state import Chosen, show_tab
from cnn_core.ui.training.live import run_header
from cnn_core.ui.wording import STATUS_WORDS

SECTIONS = ("Reading", "Classes", "Mistakes", "Largest losses", "Calibration", "Learning curve")
_OF_A_PART = ("Classes", "Mistakes", "Largest losses", "Calibration")
_SECTION, _PART = "about", "part"
_PART_WORDS: dict[Part, str] = {"valid": "Validation", "test": "Test", "train": "Training"}
_SCORED: tuple[Part, ...] = ("test", "valid", "train")
_METRIC_PIXELS = 200
_ICONS = {
    "score": ":material/target:",
    "confusion": ":material/shuffle:",
    "fit": ":material/show_chart:",
    "calibration": ":material/speed:",
    "data": ":material/photo_library:",
    "baseline": ":material/horizontal_rule:",
    "curve": ":material/trending_up:",
}


def render_result(lab: Laboratory, chosen: Chosen | None, record: RunRecord | None) -> None:
    """Draw the tab.

    Args:
        lab: this server's.
        chosen: the pictures that are open, None if none are.
        record: the run that is open, None if none is.

    Raises:
        WeightsError: what is kept of the run is missing or damaged.
    """
    judgement = None if record is None else kept_judgement(lab, record)
    if record is None or judgement is None:
        _nothing_yet(record)
        return
    run_header(lab, record)
    linked_choice(_SECTION, SECTIONS, SECTIONS[0])
    with st.container(horizontal=True):
        section = st.segmented_control(
            "About",
            SECTIONS,
            required=True,
            key=_SECTION,
            label_visibility="collapsed",
            persist_state="session",
        )
        score = _choose_part(judgement) if section in _OF_A_PART else None
    _section(lab, chosen, record, judgement, section or SECTIONS[0], score)


def _nothing_yet(record: RunRecord | None) -> None:
    if record is None:
        st.markdown("Train a network first: this says what came of it, and what it gets wrong.")
    elif record.active:
        st.markdown("The result is read when the run has finished.")
    else:
        ended = STATUS_WORDS[record.status]
        st.markdown(f"This run has not finished ({ended}): there is no result to read.")
    st.button("Go to training", on_click=show_tab, args=("Training",), icon=":material/tune:")


def _scores(judgement: Judgement) -> None:
    """Draw each part's accuracy with its interval, and the simplest baseline."""
    by_part = {score.part: score for score in judgement.scores}
    with st.container(horizontal=True, gap="small"):
        for part in _SCORED:
            if score := by_part.get(part):
                _score(f"{_PART_WORDS[part]} accuracy", score)
        best = max(judgement.baselines, key=lambda each: each.accuracy, default=None)
        if best is not None:
            st.metric(
                "Best baseline",
                percent(best.accuracy),
                delta=best.title,
                delta_color="off",
                delta_arrow="off",
                width=_METRIC_PIXELS,
                help=f"Of the validation pictures. {plain_markdown(best.sentence)}",
            )


def _score(label: str, score: PartScore) -> None:
    low, high = score.interval
    st.metric(
        label,
        percent(score.accuracy),
        delta=f"{100 * low:.1f} to {100 * high:.1f} (95 %)",
        delta_color="off",
        delta_arrow="off",
        width=_METRIC_PIXELS,
        help=f"{score.correct:,} of {score.size:,} right; 95 % interval {percent(low)} to "
        f"{percent(high)} (Wilson 1927). Mean loss {score.loss:.3f}, macro F1 "
        f"{100 * score.macro_f1:.1f} %.",
    )


def _section(
    lab: Laboratory,
    chosen: Chosen | None,
    record: RunRecord,
    judgement: Judgement,
    section: str,
    score: PartScore | None,
) -> None:
    """Draw one section; what draws charts is imported when it is opened first."""
    from cnn_core.ui.own_pictures import curve, figures, mistakes

    if score is None:
        if section == "Learning curve":
            curve.curve_view(lab, chosen, record, judgement)
        else:
            _scores(judgement)
            _reading(lab, record, judgement)
    elif section == "Classes":
        figures.classes_view(record, score)
    elif section == "Calibration":
        figures.calibration_view(record, score)
    else:
        judged = kept_predictions(lab, record, score.part)
        draw = mistakes.mistakes_view if section == "Mistakes" else mistakes.losses_view
        draw(lab, chosen, record, score, judged)


def _choose_part(judgement: Judgement) -> PartScore:
    by_part = {score.part: score for score in judgement.scores}
    parts = [part for part in _PART_WORDS if part in by_part]
    linked_choice(_PART, parts, parts[0])
    chosen = st.segmented_control(
        "Pictures",
        parts,
        required=True,
        format_func=lambda part: f"{_PART_WORDS[part]} ({by_part[part].size:,})",
        key=_PART,
        label_visibility="collapsed",
        persist_state="session",
        help="Validation pictures chose the epoch; test pictures were looked at once; training "
        "pictures were learned from.",
    )
    return by_part[chosen or parts[0]]


def _reading(lab: Laboratory, record: RunRecord, judgement: Judgement) -> None:
    """Draw what the figures say in words, and the baselines beside it."""
    from cnn_core.ui.own_pictures.curve import baselines_table

    left, right = st.columns([1.7, 1], gap="medium")
    with left:
        for sentence in judgement.reading:
            advice = f"  \n:small[{plain_markdown(sentence.advice)}]" if sentence.advice else ""
            st.markdown(f"{_ICONS[sentence.kind]} {plain_markdown(sentence.text)}{advice}")
        if not judgement.reading:
            st.markdown("There is nothing in the figures that chance alone would not explain.")
    with right:
        st.markdown("**Beside something simpler**")
        baselines_table(lab, record, judgement)
