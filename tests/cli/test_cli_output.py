"""The progress line on a terminal, and words for numbers."""

import io
import json
import sys

import pytest

from cnn_core.cli import fetch, output
from cnn_core.cli.output import ProgressLine, seconds_text, write_json, write_table
from cnn_core.results.events import EpochDone, RunFinished, RunStarted, StepsDone

EVENTS = [
    RunStarted(
        step=0,
        epoch=0,
        total_steps=4,
        total_epochs=2,
        steps_per_epoch=2,
        train_size=100,
        valid_size=10,
        device="cpu",
        threads=1,
        parameters=44_426,
    ),
    StepsDone(
        step=2,
        epoch=1,
        losses=[2.0, 2.0],
        images=100,
        window_seconds=0.1,
        train_seconds=0.1,
        elapsed_seconds=0.1,
        learning_rate=1e-3,
    ),
    EpochDone(
        step=2,
        epoch=1,
        train_loss=2.0,
        valid_loss=1.5,
        valid_accuracy=0.5,
        epoch_seconds=0.1,
        evaluation_seconds=0.1,
        train_seconds=0.1,
        elapsed_seconds=0.2,
        best=True,
    ),
    RunFinished(
        step=4,
        epoch=2,
        status="finished",
        train_seconds=0.2,
        elapsed_seconds=0.4,
        images_per_second=1_000.0,
        best_epoch=2,
    ),
]


class Terminal(io.StringIO):
    def isatty(self):
        return True


def become_terminal(monkeypatch):
    """Called by the test itself: pytest puts its own standard error in place after fixtures."""
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    return stream


def test_a_terminal_has_one_line_that_is_redrawn(monkeypatch):
    terminal = become_terminal(monkeypatch)
    monkeypatch.setattr(output, "_REDRAW_SECONDS", 0.0)
    line = ProgressLine()
    for event in EVENTS:
        line(event)
    shown = terminal.getvalue()
    assert shown.count("\n") == 1
    assert shown.endswith("\n")
    drawn = [text.rstrip() for text in shown.split("\r")[1:]]
    assert len(drawn) == 4
    assert drawn[1].startswith("[############............]  50 %  epoch 1/2  loss 2.000")
    assert "1,000 images/s" in drawn[1]
    assert " left" in drawn[1]
    assert "validation 50.00 %" in drawn[2]
    assert drawn[3].startswith("[########################] 100 %  epoch 1/2")
    assert " left" not in drawn[3]


def test_a_terminal_is_not_redrawn_at_every_event(monkeypatch):
    terminal = become_terminal(monkeypatch)
    line = ProgressLine()
    for _ in range(50):
        line(EVENTS[0])
    assert terminal.getvalue().count("\r") <= 2


def test_a_log_has_a_line_an_epoch(capsys):
    line = ProgressLine()
    for event in EVENTS:
        line(event)
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_download_shows_one_line(monkeypatch):
    terminal = become_terminal(monkeypatch)
    for done in (1_000_000, 2_000_000):
        fetch._progress(done, 2_000_000)
    assert terminal.getvalue() == "\r1.0 of 2.0 MB\r2.0 of 2.0 MB\n"


def test_a_table_is_aligned_without_trailing_blanks(capsys):
    write_table(["run", "status"], [["a-long-id", "x"], ["b", "finished"]])
    assert capsys.readouterr().out == "run        status\na-long-id  x\nb          finished\n"


def test_json_is_one_line(capsys):
    write_json({"text": "two\nlines", "none": None})
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    assert json.loads(out) == {"text": "two\nlines", "none": None}


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "0 s"), (59.6, "1 min 0 s"), (60, "1 min 0 s"), (3_599.9, "1 h 0 min")],
)
def test_durations(seconds, text):
    assert seconds_text(seconds) == text
