"""Worklists: order, turns, failures, labels, bounds, and that nobody sees another's films."""

import threading
from collections.abc import Callable, Iterator

import pytest

from cnn_core.errors import PictureError, StorageError
from cnn_core.results.triage import Decision, TriedFilm
from cnn_core.results.worklist import Case, Judge
from cnn_core.runtime import worklist as worklist_module
from cnn_core.runtime.worklist import Worklist
from cnn_core.runtime.worklist_queue import KEPT_SECONDS, SHOWN_BYTES, WorklistQueue
from tests.runtime.tried_film import a_judge, tried_film

_SECONDS = 20.0


class Desk:
    """A queue whose answers the test gives, in the order in which films are asked about."""

    def __init__(self, *, workers: int = 1, sampled: Callable[[str], bool] = lambda _: False):
        self.asked: list[bytes] = []
        self.logged: list[bool] = []
        self.labels: list[tuple[str, str, bool]] = []
        self.logs = True
        self.now = 0.0
        self._go = threading.Semaphore(0)
        self.queue = WorklistQueue(
            self._ask,
            sampled,
            self._labelled,
            workers=workers,
            clock=lambda: self.now,
        )

    def _labelled(self, prediction: str, label: str, blind: bool) -> bool:
        self.labels.append((prediction, label, blind))
        return self.logs

    def _ask(self, model: str, payload: bytes, logged: bool) -> tuple[TriedFilm, Judge]:
        assert self._go.acquire(timeout=_SECONDS)
        self.asked.append(payload)
        self.logged.append(logged)
        kind, _, score = payload.decode().partition(" ")
        if kind == "broken":
            raise PictureError("The file is empty.", hint="Choose another.")
        if kind == "bug":
            raise RuntimeError("secret detail")
        decision: Decision = {"r": "routine", "x": "refused"}.get(kind, "refer")  # type: ignore[assignment]
        return tried_film(decision, None if kind == "x" else float(score or 0.5)), a_judge()

    def answer(self, count: int = 1) -> None:
        """Let so many films be answered."""
        for _ in range(count):
            self._go.release()

    def wait(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds of the lists."""
        with self.queue.change:
            assert self.queue.change.wait_for(holds, timeout=_SECONDS)


def settled(worklist: Worklist) -> bool:
    """Say whether nothing of a list is waiting or being read."""
    return all(case.status in ("done", "failed") for case in worklist.cases())


@pytest.fixture
def desk() -> Iterator[Desk]:
    """A desk whose threads are let go at the end."""
    made = Desk()
    yield made
    made.answer(100)


def named(cases: tuple[Case, ...]) -> list[str]:
    """Return the names of cases in their order."""
    return [case.name for case in cases]


def test_a_person_sees_first_what_a_person_must_see(desk: Desk) -> None:
    mine = Worklist(desk.queue, "a")
    files = {"calm": b"r 0.1", "odd": b"x", "mild": b"f 0.4", "grave": b"f 0.9", "lost": b"broken"}
    assert mine.add(files.items(), "m").taken == 5
    desk.answer(5)
    desk.wait(lambda: settled(mine))
    assert named(mine.cases()) == ["odd", "lost", "grave", "mild", "calm"]
    lost = mine.cases()[1]
    assert lost.sentence == "The file is empty. Choose another."
    assert [case.in_review for case in mine.cases()] == [True, False, True, True, False]


def test_owners_take_turns_and_never_see_each_other(desk: Desk) -> None:
    mine, yours = Worklist(desk.queue, "a"), Worklist(desk.queue, "b")
    mine.add([(f"a{number}", f"f 0.{number + 1}".encode()) for number in range(3)], "m")
    yours.add([("b0", b"f 0.7")], "m")
    desk.answer(4)
    desk.wait(lambda: settled(mine) and settled(yours))
    assert desk.asked.index(b"f 0.7") <= 1
    assert named(yours.cases()) == ["b0"]
    assert sorted(named(mine.cases())) == ["a0", "a1", "a2"]
    foreign = yours.cases()[0].id
    assert mine.case(foreign) is None
    mine.remove([foreign])
    mine.annotate(foreign, "note")
    mine.label(foreign, "normal")
    mine.clear()
    assert yours.cases()[0].note == yours.cases()[0].label == ""
    assert not desk.labels
    assert not mine.cases()


def test_a_failed_film_is_tried_again_and_a_bug_shows_an_id_alone(desk: Desk) -> None:
    mine = Worklist(desk.queue, "a")
    mine.add([("one", b"bug")], "m")
    desk.answer()
    desk.wait(lambda: settled(mine))
    assert "secret" not in mine.cases()[0].sentence
    assert "id " in mine.cases()[0].sentence
    assert mine.retry() == 1
    desk.answer()
    desk.wait(lambda: settled(mine))
    assert desk.asked == [b"bug", b"bug"]


def test_what_waits_can_be_stopped_and_is_not_lost(desk: Desk) -> None:
    mine = Worklist(desk.queue, "a")
    mine.add([("one", b"f 0.5"), ("two", b"f 0.6")], "m")
    desk.wait(lambda: any(case.status == "reading" for case in mine.cases()))
    assert mine.cancel() == 1
    desk.answer()
    desk.wait(lambda: settled(mine))
    assert [case.status for case in mine.cases()] == ["failed", "done"]
    assert mine.retry() == 1
    desk.answer()
    desk.wait(lambda: settled(mine))
    assert [case.status for case in mine.cases()] == ["done", "done"]


def test_a_label_is_blind_only_while_nothing_was_seen(desk: Desk) -> None:
    mine = Worklist(desk.queue, "a")
    mine.add([("one", b"f 0.5"), ("two", b"f 0.6")], "m")
    desk.answer(2)
    desk.wait(lambda: settled(mine))
    first, second = mine.cases()
    mine.see(second.id)
    mine.label(first.id, "pneumonia")
    mine.label(second.id, "normal")
    assert [blind for _, _, blind in desk.labels] == [True, False]
    mine.label(first.id, "normal")  # now the score is known
    assert desk.labels[-1][1:] == ("normal", False)


def test_routine_films_that_are_drawn_enter_review() -> None:
    desk = Desk(sampled=lambda _: True)
    mine = Worklist(desk.queue, "a")
    mine.add([("one", b"r 0.1"), ("two", b"f 0.9")], "m")
    desk.answer(2)
    desk.wait(lambda: settled(mine))
    assert [(case.in_review, case.sampled) for case in mine.cases()] == [
        (True, False),
        (True, True),
    ]


def test_a_list_is_bounded_and_says_so(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worklist_module, "MOST_FILMS", 2)
    mine = Worklist(desk.queue, "a")
    taken = mine.add([(name, b"f 0.5") for name in "abc"], "m")
    assert (taken.taken, len(taken.refused)) == (2, 1)
    assert "full" in taken.refused[0]
    monkeypatch.setattr(worklist_module, "MOST_BYTES", 3 * SHOWN_BYTES)
    assert "holds as many" in Worklist(desk.queue, "b").add([("d", b"f 0.5")], "m").refused[0]


def test_room_for_what_is_shown_is_kept_for_films_that_wait_for_their_turn_or_a_model(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worklist_module, "MOST_BYTES", 4 * SHOWN_BYTES)
    mine, yours = Worklist(desk.queue, "a"), Worklist(desk.queue, "b")
    assert mine.park([("one", b"f 0.5"), ("two", b"f 0.6")], "later").taken == 2
    assert (mine.parked(), mine.cases(), yours.parked()) == ({"later": 2}, (), {})
    assert yours.add([(name, b"f 0.5") for name in "abcd"], "m").taken == 1
    assert mine.unpark("another").taken == 0
    assert mine.unpark("later").taken == 2
    assert (mine.parked(), len(mine.cases())) == ({}, 2)
    desk.answer(3)
    desk.wait(lambda: settled(mine) and settled(yours))
    assert yours.add([("e", b"f 0.5")], "m").taken == 1  # what is shown of a film is smaller here
    mine.park([("three", b"f 0.5")], "later")
    mine.clear()
    assert not mine.parked()
    mine.park([("four", b"f 0.5")], "later")
    mine.let_parked_go("later")
    assert not mine.parked()
    assert mine.unpark("later").taken == 0


def test_a_film_that_the_app_drew_is_in_no_log_and_neither_is_its_label(desk: Desk) -> None:
    mine = Worklist(desk.queue, "a")
    mine.park([("drawn", b"f 0.5")], "m", drawn=True)
    mine.park([("own", b"f 0.6")], "m")
    assert mine.parked() == {"m": 2}
    assert mine.unpark("m").taken == 2
    mine.add([("again", b"broken")], "m", drawn=True)
    desk.answer(3)
    desk.wait(lambda: settled(mine))
    mine.retry()
    desk.answer()
    desk.wait(lambda: settled(mine))
    assert sorted(zip(desk.asked, desk.logged, strict=True)) == [
        (b"broken", False),
        (b"broken", False),
        (b"f 0.5", False),
        (b"f 0.6", True),
    ]
    labelled = {case.name: mine.label(case.id, "normal") for case in mine.cases()}
    assert labelled == {"again": False, "own": True, "drawn": False}
    assert len(desk.labels) == 1


def test_films_are_forgotten_when_nobody_looks(desk: Desk) -> None:
    mine = Worklist(desk.queue, "a")
    mine.add([("one", b"f 0.5")], "m")
    desk.answer()
    desk.wait(lambda: settled(mine))
    assert not mine._queue.entries["a"][mine.cases()[0].id].payload
    desk.now = KEPT_SECONDS + 1
    assert not Worklist(desk.queue, "b").cases()
    assert "a" not in desk.queue.entries


def test_progress_counts_who_comes_first(desk: Desk) -> None:
    mine, yours = Worklist(desk.queue, "a"), Worklist(desk.queue, "b")
    yours.add([(str(number), b"f 0.5") for number in range(5)], "m")
    mine.add([("one", b"f 0.5"), ("two", b"f 0.5")], "m")
    assert (mine.progress().done, mine.progress().total, mine.progress().ahead) == (0, 2, 2)
    assert mine.progress().seconds_left is None
    desk.answer(7)
    desk.wait(lambda: settled(mine) and settled(yours))
    assert mine.progress().seconds_left is None
    assert mine.progress().done == 2


def test_a_log_that_cannot_be_read_draws_no_film_and_fails_none() -> None:
    def broken(_: str) -> bool:
        raise StorageError("The prediction log cannot be read.")

    desk = Desk(sampled=broken)
    mine = Worklist(desk.queue, "a")
    mine.add([("one", b"r 0.1")], "m")
    desk.answer()
    desk.wait(lambda: settled(mine))
    assert (mine.cases()[0].status, mine.cases()[0].in_review) == ("done", False)


def test_a_film_whose_bytes_were_seen_is_not_read_blind_when_it_is_brought_again(
    desk: Desk,
) -> None:
    mine, yours = Worklist(desk.queue, "a"), Worklist(desk.queue, "b")

    def bring(worklist: Worklist, *payloads: bytes) -> None:
        worklist.add([(payload.decode(), payload) for payload in payloads], "m")
        desk.answer(len(payloads))
        desk.wait(lambda: settled(worklist))

    bring(mine, b"f 0.5", b"f 0.5", b"f 0.6")
    mine.label(next(case.id for case in mine.cases() if case.name == "f 0.5"), "normal")
    assert [case.seen for case in mine.cases()] == [False, True, True]
    mine.clear()
    bring(mine, b"f 0.5", b"f 0.6")
    bring(yours, b"f 0.5")
    for case in (*mine.cases(), *yours.cases()):
        mine.label(case.id, "normal")
        yours.label(case.id, "normal")
    assert [blind for _, _, blind in desk.labels] == [True, True, False, True]


def test_a_label_that_the_log_did_not_keep_is_given_again_as_blind_as_it_was(desk: Desk) -> None:
    mine = Worklist(desk.queue, "a")
    mine.add([("one", b"f 0.5")], "m")
    desk.answer()
    desk.wait(lambda: settled(mine))
    (case,) = mine.cases()
    desk.logs = False
    assert not mine.label(case.id, "normal")
    assert [(each.label, each.blind, each.logged) for each in mine.cases()] == [
        ("normal", True, False)
    ]
    desk.logs = True
    assert mine.label(case.id, "normal")
    assert [(each.blind, each.logged) for each in mine.cases()] == [(True, True)]
    assert mine.label(case.id, "pneumonia")  # another one, now that the decision is known
    assert [blind for _, _, blind in desk.labels] == [True, True, False]
