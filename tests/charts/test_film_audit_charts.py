"""The figures of an audit's six parts: titles that say what was found, nothing read as HTML."""

import dataclasses

import pytest

from cnn_core.charts import palette
from cnn_core.charts.film_audit import audit_alt, audit_figure
from cnn_core.charts.inspection import TEXT_PX
from cnn_core.results.xray_audit import (
    Association,
    BlindScore,
    DuplicatePair,
    SkillLeft,
    SourceRow,
    XrayAudit,
)

CLASSES = ("normal", "covid19")


def score(what, auroc):
    return BlindScore(
        what=what, auroc=auroc, interval=(auroc - 0.02, auroc + 0.02), by_class=(auroc, None)
    )


def left(label, zone, share, level):
    return SkillLeft(
        label=label,
        zone=zone,
        full=0.9,
        full_interval=(0.85, 0.93),
        masked=0.8,
        share=share,
        interval=None if share is None else (share - 0.1, share + 0.1),
        level=level,
    )


def pair(kind):
    return DuplicatePair(first=0, second=1, kind=kind, distance=0.0)


AUDIT = XrayAudit(
    film_set="f" * 64,
    flags=(),
    pairs=(pair("exact"), pair("review"), pair("crop"), pair("exact")),
    groups=(0, 0, 1, 2),
    cross_label_patients=("P1",),
    images_a_patient={"1": 2, "2": 1},
    associations=(
        Association(
            column="<b>source</b>",
            cramers_v=0.88,
            levels=("A", "B"),
            table=((2, 0), (0, 2)),
            level="red",
        ),
    ),
    blind=(score("file", 0.84), score("full", 0.85), score("border", 0.82)),
    skill=(left("normal", "border", 0.9, "red"), left("covid19", "no-centre", None, "not judged")),
    sources=(
        SourceRow(source="<i>A</i>", films=(40, 0), patients=(35, 0), carries=("normal",)),
        SourceRow(source="B", films=(40, 50), patients=(31, 45), carries=CLASSES),
    ),
    left_out=(),
    unseen="Unseen hospital: not measurable.",
    model="",
    seconds=1.0,
)
TITLES = {
    1: "2 pairs of copies, 2 more for a person to look at",
    2: "2 of 3 patients have one film; 1 has films with different labels",
    3: "<b>source</b> goes with the label most (Cramér's V 0.88, red)",
    4: "The file alone: 0.84; the whole film: 0.85",
    5: "1 of 1 classes red; normal keeps 0.90 of its skill, border alone",
    6: "Fewer than two sources carry covid19",
}


@pytest.mark.parametrize("part", TITLES)
def test_a_part_says_what_was_found_in_words_that_can_be_read(part):
    figure = audit_figure(part, AUDIT, CLASSES)
    words = figure.layout.title.text.replace("<br>", " ").replace("\N{NO-BREAK SPACE}", " ")
    escaped = TITLES[part].replace("<", "&lt;").replace(">", "&gt;").replace("'", "&#x27;")
    assert words == escaped
    assert TITLES[part] in audit_alt(part, AUDIT, CLASSES)
    assert figure.layout.paper_bgcolor == palette.TRANSPARENT
    sizes = [axis.tickfont.size for axis in (figure.layout.xaxis, figure.layout.yaxis)]
    assert min(sizes) >= TEXT_PX
    assert "<b>source" not in str(figure.to_dict())
    assert "<i>A" not in str(figure.to_dict())


def test_bars_and_rows_are_what_was_measured():
    assert list(audit_figure(1, AUDIT, CLASSES).data[0].x) == [2, 1, 1]
    many = dataclasses.replace(AUDIT, pair_counts={"exact": 0, "near": 319_600, "crop": 3_000})
    assert list(audit_figure(1, many, CLASSES).data[0].x) == [319_600, 3_000]
    assert "319,600 pairs of copies, 3,000 more" in audit_alt(1, many, CLASSES)
    assert list(audit_figure(2, AUDIT, CLASSES).data[0].y) == [2, 1]
    assert list(audit_figure(3, AUDIT, CLASSES).data[0].x) == [0.88]
    rows = audit_figure(4, AUDIT, CLASSES)
    assert list(rows.data[-1].x) == [0.85, 0.82, 0.84]  # what sees most comes first
    assert list(rows.layout.yaxis.ticktext) == ["whole film", "border alone", "the file alone"]
    sources = audit_figure(6, AUDIT, CLASSES)
    assert [list(trace.x) for trace in sources.data] == [[35, 31], [0, 45], [30, 30]]


def test_a_row_of_the_shortcut_test_names_its_zone_whether_it_was_judged_or_not():
    skill = audit_figure(5, AUDIT, CLASSES)
    assert "normal: 0.90" in skill.data[1].text[0]
    assert "border alone, red" in skill.data[1].text[0]
    assert "central zone black: not judged" in skill.layout.annotations[0].text


def test_sources_that_are_not_drawn_are_counted():
    many = tuple(dataclasses.replace(AUDIT.sources[1], source=f"S{n}") for n in range(20))
    cut = dataclasses.replace(AUDIT, sources=many)
    assert len(audit_figure(6, cut, CLASSES).data[0].x) == 12
    assert audit_alt(6, cut, CLASSES).endswith("(drawn: the 12 of 20 with most films).")


def test_where_there_is_nothing_there_is_no_figure():
    bare = dataclasses.replace(AUDIT, pairs=(), associations=(), blind=(), skill=(), sources=())
    assert [audit_figure(part, bare, CLASSES) is None for part in range(1, 7)] == [
        True, False, True, True, True, True,
    ]  # fmt: skip
    with pytest.raises(ValueError, match="from 1 to 6"):
        audit_figure(7, bare, CLASSES)
