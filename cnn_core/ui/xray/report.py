"""The tab "Report": one file that can be printed, with the red flags beside every score."""

import streamlit as st

from cnn_core.data.films.store import film_pixels
from cnn_core.results.runs import RunRecord
from cnn_core.ui.boundary import plain_markdown
from cnn_core.ui.lab import Laboratory
from cnn_core.ui.xray.judged import Judged, judged_study, study_records
from cnn_core.ui.xray.prevalence import assumed_prevalences
from cnn_core.ui.xray.state import Chosen, show_tab
from cnn_core.ui.xray.verdict import show_flags

_HELD = (
    "One HTML file without any reference to the outside, to be printed or sent. Page one: intended "
    "use and user, what it is not for, the patient flow, how labels were established, site, dates, "
    "age and sex by class, sample-size reasoning, results by site, and mistakes. Then the audit, "
    "hashes of the data, intervals, and the items of CLAIM 2024 and TRIPOD+AI. No patient and no "
    "file is named."
)


def render_report(lab: Laboratory, chosen: Chosen | None, record: RunRecord | None) -> None:
    """Draw the tab."""
    judged = judged_study(lab, record.group) if record is not None and chosen is not None else None
    if chosen is None or record is None or judged is None:
        st.markdown("A report is of a study that was judged: train one, then see its results.")
        st.button(
            "Go to Results", icon=":material/query_stats:", on_click=show_tab, args=("Results",)
        )
        return
    st.markdown(_HELD)
    shares = assumed_prevalences(judged.result.classes, judged.result.prior)
    assumed = ", ".join(
        f"{label} {100 * share:.3g} %"
        for label, share in zip(judged.result.classes, shares, strict=True)
    )
    st.caption(plain_markdown(f"Assumed prevalences, as set under Results: {assumed}."))
    name = f"xray-study-{judged.result.plan[:8]}"
    with st.container(horizontal=True):
        st.download_button(
            "Download the report (HTML)",
            lambda: _report(lab, chosen, record, judged, shares),
            f"{name}.html",
            "text/html",
            on_click="ignore",
            type="primary",
            icon=":material/download:",
            key="download-report",
        )
        st.download_button(
            "Download the card (Markdown)",
            lambda: _card(chosen, judged),
            f"{name}.md",
            "text/markdown",
            on_click="ignore",
            icon=":material/download:",
            key="download-card",
        )
    if chosen.audit is not None:
        st.markdown("**What stands in it beside every score**")
        show_flags([flag for flag in chosen.audit.flags if flag.level == "red"])


def _report(
    lab: Laboratory,
    chosen: Chosen,
    record: RunRecord,
    judged: Judged,
    shares: tuple[float, ...],
) -> str:
    from cnn_core.runtime.report_failures import failed_films
    from cnn_core.runtime.xray_report import study_report
    from cnn_core.runtime.xray_runs import study_of

    _, plan = study_of(lab.settings, record)
    scored = judged.scored.get("locked test") or judged.scored.get("cross-validation")
    failures = (
        failed_films(
            scored,
            chosen.film_set,
            lambda film: film_pixels(chosen.store, film),
            classes=judged.result.classes,
        )
        if scored is not None
        else ()
    )
    return study_report(
        judged.result,
        chosen.film_set,
        plan,
        chosen.audit,
        records=study_records(lab.store, record.group),
        failures=failures,
        scored=scored,
        protocols=chosen.protocols,
        prevalences=dict(zip(judged.result.classes, shares, strict=True)),
    )


def _card(chosen: Chosen, judged: Judged) -> str:
    from cnn_core.runtime.xray_report import study_card

    return study_card(judged.result, chosen.film_set, chosen.audit)
