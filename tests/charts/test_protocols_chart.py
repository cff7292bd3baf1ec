"""Naive beside honest on one figure: what is marked, said, left out and legible."""

import dataclasses
import json

import pytest

from cnn_core.charts import palette
from cnn_core.charts.protocols import protocols_alt, protocols_chart
from cnn_core.results.protocol_words import protocols_sentence
from cnn_core.results.xray_audit import Protocols, ProtocolScore

ZONES = ("full", "no-centre", "centre")
AUROCS = [0.98, 0.97, 0.7, 0.93, 0.94, 0.5, 0.82, 0.83, 0.52, 0.82, 0.83, 0.51]
WHY = "fewer than two sources have 30 patients of covid19"


def found(*, unseen=True):
    scores = []
    for auroc in AUROCS:
        place = len(scores)
        known = unseen or place < 6
        scores.append(
            ProtocolScore(
                grouped=place // 3 % 2 == 1,
                zone=ZONES[place % 3],
                unseen=place >= 6,
                auroc=auroc if known else None,
                interval=(auroc - 0.04, min(1.0, auroc + 0.03)) if known else None,
                films=540 if known else 0,
                sentence="",
            )
        )
    honest = 11 if unseen else 5
    return Protocols(
        film_set="a" * 64,
        scores=tuple(scores),
        naive=0,
        honest=honest,
        sentence=protocols_sentence(scores[0], scores[honest], "" if unseen else WHY),
        model="small",
        seconds=3.0,
    )


def words(figure):
    return [annotation.text for annotation in figure.layout.annotations]


def test_naive_and_honest_are_told_apart_by_word_symbol_and_colour():
    figure = protocols_chart(found())
    other, naive, honest = figure.data
    assert [list(each.x) for each in (naive, honest)] == [[0.98], [0.51]]
    assert len(other.x) == 10
    assert len({each.marker.symbol for each in figure.data}) == 3
    assert len({each.marker.color for each in figure.data}) == 3
    said = " ".join(words(figure))
    assert "<b>naive</b>" in said
    assert "<b>honest</b>" in said
    assert figure.layout.title.text.replace("<br>", " ") == (
        "Macro AUROC 0.98 asked naively, 0.51 asked honestly"
    )


def test_every_point_has_its_interval_row_and_figure():
    figure = protocols_chart(found())
    drawn = [
        (round(x - low, 3), round(x + high, 3))
        for trace in figure.data
        for x, low, high in zip(trace.x, trace.error_x.arrayminus, trace.error_x.array, strict=True)
    ]
    assert sorted(drawn) == sorted(
        (round(auroc - 0.04, 3), round(min(1.0, auroc + 0.03), 3)) for auroc in AUROCS
    )
    rows = [y for trace in figure.data for y in trace.y]
    assert sorted(rows) == sorted(figure.layout.yaxis.tickvals)
    assert len(set(rows)) == 12
    assert sum(">0.82<" in text for text in words(figure)) == 2
    assert sum("source</b>" in text for text in words(figure)) == 4


def test_what_cannot_be_measured_has_no_point_and_says_so():
    figure = protocols_chart(found(unseen=False))
    assert sum(len(trace.x) for trace in figure.data) == 6
    assert sum("cannot be measured" in text for text in words(figure)) == 6
    assert WHY in protocols_alt(found(unseen=False))


@pytest.mark.parametrize("rows", [[], [0, 3, 5]])
def test_some_rows_are_drawn_and_naive_and_honest_always(rows):
    figure = protocols_chart(found(), rows=rows)
    assert len(figure.layout.yaxis.tickvals) == len({*rows, 0, 11})
    assert figure.layout.height < protocols_chart(found()).layout.height


def test_the_figure_is_small_json_legible_on_either_ground():
    figure = protocols_chart(found())
    layout = figure.layout
    assert layout.paper_bgcolor == layout.plot_bgcolor == palette.TRANSPARENT
    assert all(note.font.size >= 14 for note in layout.annotations)
    assert all("currentColor" in text for text in words(figure))
    assert layout.xaxis.title.text
    assert len(json.dumps(json.loads(figure.to_json())["data"])) < 6_000


def test_the_sentence_follows_the_figures():
    alike = ProtocolScore(
        grouped=True,
        zone="centre",
        unseen=True,
        auroc=0.95,
        interval=(0.93, 0.97),
        films=90,
        sentence="",
    )
    naive = found().scores[0]
    assert "differ by less than 0.05" in protocols_sentence(naive, alike, "")

    def said(naively, honestly):
        asked = [
            dataclasses.replace(alike, auroc=value, interval=(value - 0.02, value + 0.02))
            for value in (naively, honestly)
        ]
        return protocols_sentence(*asked, "").split(". ", 2)[-1]

    higher = said(0.7, 0.95)
    assert "The honest score is the higher one, by 0.25" in higher
    assert "differ by less" not in higher
    below = said(0.501, 0.4)
    assert "The naive score itself is not above chance" in below
    assert "above chance, " not in below
    told = found().sentence
    assert "Of the 0.48 above chance, 0.01 remains" in told
    assert "cannot be told from chance" in told
    assert WHY in found(unseen=False).sentence
