"""The tab "Mistakes": accuracy of each class, the confusion matrix, and the worst as pictures."""

import streamlit as st

from cnn_core.charts.judgement import class_figure
from cnn_core.charts.noted import with_note
from cnn_core.charts.tiles import tile
from cnn_core.charts.wording import percent, plural
from cnn_core.results.runs import RunRecord
from cnn_core.results.scores import score
from cnn_core.ui.boundary import plain_markdown
from cnn_core.ui.lab import Laboratory
from cnn_core.ui.linked import linked_choice
from cnn_core.ui.training.mistakes import NOT_TESTED, confusion_view
from cnn_core.ui.training.tested import Tested, tested_of

SECTIONS = ("Classes", "Confusion matrix", "Worst mistakes")
_SECTION = "gn-mistakes"
_VERB = "taken for"
_SHOWN = 18
_SCALE = 3
_PICTURE_PIXELS = 132


def mistakes_view(lab: Laboratory, record: RunRecord) -> None:
    """Draw one of the three sections, of the test pictures.

    Raises:
        DataError, WeightsError: the pictures or the predictions are no longer there.
    """
    if record.status != "finished":
        st.markdown(NOT_TESTED)
        return
    linked_choice(_SECTION, SECTIONS, SECTIONS[0])
    section = st.segmented_control(
        "About",
        SECTIONS,
        required=True,
        key=_SECTION,
        label_visibility="collapsed",
        persist_state="session",
    )
    tested, note = tested_of(lab, record), "" if record.dataset.official else record.dataset.name
    if section == "Confusion matrix":
        confusion_view(record, tested, thing="class", verb=_VERB, note=note)
    elif section == "Worst mistakes":
        _worst(tested, note)
    else:
        _classes(record, tested, note)


def _classes(record: RunRecord, tested: Tested, note: str) -> None:
    found = score(tested.judged, tested.pictures.classes)
    low, high = found.interval
    st.caption(
        f"{found.correct:,} of {found.size:,} test pictures right: {percent(found.accuracy)} "
        f"(95 % interval {percent(low)} to {percent(high)}). Recall is a class's own accuracy."
    )
    st.plotly_chart(
        with_note(class_figure(found), note),
        key=f"classes-{record.id}",
        alt=f"Recall and precision of {len(found.classes)} classes with 95 % intervals.",
        config={"displayModeBar": False},
    )


def _worst(tested: Tested, note: str) -> None:
    """Draw the wrong pictures whose own class got the least probability, the worst first."""
    test, predictions = tested.pictures, tested.predictions
    losses = score(tested.judged, test.classes).top_losses
    wrong = [index for index in losses if predictions[index] != test.labels[index]][:_SHOWN]
    if not wrong:
        st.markdown(f"All {plural(len(test), 'picture')} are right.")
        return
    st.caption(
        f"The {plural(len(wrong), 'test picture')} whose own class got the least probability, the "
        "worst first. A wrong label is often among them."
        f"{note and f' {plain_markdown(note)}.'}"
    )
    with st.container(horizontal=True, gap="small"):
        for index in wrong:
            true, taken = test.labels[index], predictions[index]
            said = f"{test.classes[true]} {_VERB} {test.classes[taken]}"
            with st.container(width=_PICTURE_PIXELS, gap="xxsmall"):
                st.image(
                    tile(test.images[[index]], 1, scale=_SCALE, gap=0),
                    alt=f"Test picture {tested.numbers[index]}: {said}.",
                    width=_PICTURE_PIXELS - 12,
                )
                st.caption(
                    f"**{plain_markdown(test.classes[true])}** {_VERB} "
                    f"{plain_markdown(test.classes[taken])}, "
                    f"{percent(float(tested.confidences[index]))}"
                )
