"""Worklists: each person's films, in the app's memory alone.

Nothing of a worklist is written to a file. It is gone when it is cleared, eight hours after anybody
last looked at it, or with the server. Routine never means that a film is done with: it means that
nothing speaks for reading it first.
"""

import secrets
from collections.abc import Iterable
from dataclasses import replace

from cnn_core.results.worklist import Case, Taken, WorklistProgress
from cnn_core.runtime.worklist_queue import SHOWN_BYTES, Entry, Files, WorklistQueue

MOST_FILMS = 500
"""On one worklist."""
MOST_BYTES = 10**9
"""Of all worklists of a server together: files that wait, pictures that are or will be shown."""


class Worklist:
    """One owner's films; nobody else's are ever on it.

    Args:
        queue: the server's.
        owner: whose films.
    """

    def __init__(self, queue: WorklistQueue, owner: str) -> None:
        self._queue, self._owner = queue, owner
        self._change = queue.change
        queue.look(owner)

    @property
    def _mine(self) -> dict[str, Entry]:
        return self._queue.entries.get(self._owner, {})

    def add(self, files: Iterable[tuple[str, bytes]], model: str, *, drawn: bool = False) -> Taken:
        """Put films on the list and return at once; threads take them from there.

        Args:
            files: name and bytes of each.
            model: id of the triage model that is asked.
            drawn: whether the app drew them; of such nothing is logged.
        """
        with self._change:
            queue = self._queue
            kept, refused = self._admitted(files)
            mine = queue.entries.setdefault(self._owner, {})
            for name, payload in kept:
                case = Case(id=secrets.token_hex(16), name=name, status="waiting", drawn=drawn)
                mine[case.id] = Entry(case=case, model=model, payload=payload)
            queue.start()
        return Taken(taken=len(kept), refused=refused)

    def park(self, files: Iterable[tuple[str, bytes]], model: str, *, drawn: bool = False) -> Taken:
        """Hold films for a model that is not ready yet, within the same bounds as the list."""
        with self._change:
            kept, refused = self._admitted(files)
            if kept:
                models = self._queue.parked.setdefault(self._owner, {})
                models.setdefault((model, drawn), []).extend(kept)
        return Taken(taken=len(kept), refused=refused)

    def unpark(self, model: str) -> Taken:
        """Put the films that were held for a model on the list: it is ready now."""
        with self._change:
            held = self._queue.parked.get(self._owner, {})
            kinds = [(kind, held.pop((model, kind), [])) for kind in (False, True)]
            taken = [self.add(files, model, drawn=kind) for kind, files in kinds if files]
        refused = tuple(sentence for each in taken for sentence in each.refused)
        return Taken(taken=sum(each.taken for each in taken), refused=refused)

    def parked(self) -> dict[str, int]:
        """Return how many films are held for each model that is not ready yet."""
        held: dict[str, int] = {}
        with self._change:
            for (model, _), files in self._queue.parked.get(self._owner, {}).items():
                held[model] = held.get(model, 0) + len(files)
        return held

    def let_parked_go(self, model: str) -> None:
        """Let go the films that are held for a model."""
        with self._change:
            for kind in (False, True):
                self._queue.parked.get(self._owner, {}).pop((model, kind), None)

    def _admitted(self, files: Iterable[tuple[str, bytes]]) -> tuple[Files, tuple[str, ...]]:
        """Return the files that there is room for, and why others have none. The lock is held."""
        kept: Files = []
        refused = []
        count, held = len(self._mine) + sum(self.parked().values()), self._queue.held
        for name, payload in files:
            needed = len(payload) + SHOWN_BYTES
            if count >= MOST_FILMS:
                refused.append(
                    f"{name}: the worklist is full ({MOST_FILMS} films). Clear it first."
                )
            elif held + needed > MOST_BYTES:
                refused.append(
                    f"{name}: this server holds as many films as it may "
                    f"({MOST_BYTES / 10**9:g} GB). Clear the worklist, or come back later."
                )
            else:
                kept.append((name, payload))
                count, held = count + 1, held + needed
        return kept, tuple(refused)

    def cases(self) -> tuple[Case, ...]:
        """Return all films: what a person has to see first, then by risk, those that wait last."""
        with self._change:
            cases = [entry.case for entry in self._mine.values()]
        return tuple(sorted(cases, key=_place))

    def case(self, case_id: str) -> Case | None:
        """Return one film, None where it is not on this list."""
        with self._change:
            entry = self._mine.get(case_id)
            return entry.case if entry else None

    def progress(self) -> WorklistProgress:
        """Return how far the work has come, with an estimate."""
        with self._change:
            queue = self._queue
            mine = [entry.case.status for entry in self._mine.values()]
            left = sum(status in ("waiting", "reading") for status in mine)
            others = sum(
                entry.case.status in ("waiting", "reading")
                for owner, entries in queue.entries.items()
                for entry in entries.values()
                if owner != self._owner
            )
            ahead = min(others, left)  # owners take turns
            took = queue.took
            each = sum(took) / len(took) / queue.workers if took else None
        return WorklistProgress(
            done=len(mine) - left,
            total=len(mine),
            ahead=ahead if left else 0,
            seconds_left=each * (left + ahead) if each is not None and left else None,
        )

    def retry(self, case_ids: Iterable[str] | None = None) -> int:
        """Have failed films read again, all unless some are named; return how many."""
        count = 0
        with self._change:
            for case_id in list(self._mine) if case_ids is None else case_ids:
                entry = self._mine.get(case_id)
                if entry and entry.case.status == "failed" and entry.case.retriable:
                    entry.case = replace(entry.case, status="waiting", sentence="")
                    count += 1
            self._queue.start()
        return count

    def cancel(self) -> int:
        """Take the films that wait off the queue; they stay on the list, to be tried again."""
        count = 0
        with self._change:
            for entry in self._mine.values():
                if entry.case.status == "waiting":
                    entry.case = replace(
                        entry.case,
                        status="failed",
                        sentence="Stopped before it was read. Try it again.",
                        retriable=True,
                    )
                    count += 1
        return count

    def remove(self, case_ids: Iterable[str]) -> None:
        """Take films off the list for good."""
        with self._change:
            for case_id in case_ids:
                self._mine.pop(case_id, None)

    def clear(self) -> None:
        """Let go of everything but which bytes were seen: a film brought again is not new."""
        with self._change:
            self._queue.entries.pop(self._owner, None)
            self._queue.parked.pop(self._owner, None)

    def see(self, case_id: str) -> None:
        """Remember that decision or score of a film were shown: a later label is not blind.

        The same holds for every film of the same bytes, and for one that is brought later.
        """
        with self._change:
            if entry := self._mine.get(case_id):
                self._see(entry)

    def _see(self, entry: Entry) -> None:
        self._queue.seen.setdefault(self._owner, set()).add(entry.digest)
        for each in self._mine.values():
            if each.digest == entry.digest and not each.case.seen:
                each.case = replace(each.case, seen=True)

    def annotate(self, case_id: str, note: str) -> None:
        """Keep a note on a film."""
        with self._change:
            if entry := self._mine.get(case_id):
                entry.case = replace(entry.case, note=note)

    def label(self, case_id: str, label: str) -> bool:
        """Keep a reviewer's label of a film that is done; it counts as blind if nothing was seen.

        A label that the log did not keep may be given again: the same one stays as blind as it was.

        Returns:
            Whether the prediction log has it now; the worklist has it all the same. It never has
            the label of a film that the app drew.

        Raises:
            CnnLabError: the log could not be written.
        """
        with self._change:
            entry = self._mine.get(case_id)
            if entry is None or entry.case.tried is None:
                return False
            case, prediction = entry.case, entry.case.tried.prediction.id
            again = case.label == label and not case.logged
            blind = case.blind if again else not case.seen
            entry.case = replace(case, label=label, blind=blind, logged=False)
            self._see(entry)
        if case.drawn:
            return False
        if kept := self._queue.labelled(prediction, label, blind):
            with self._change:
                if entry.case.label == label:
                    entry.case = replace(entry.case, logged=True)
        return kept


def _place(case: Case) -> tuple[int, float]:
    """Return where a film stands: who must be seen by a person first; the sort keeps arrivals."""
    if case.status in ("waiting", "reading"):
        return (3, 0.0)
    if case.tried is None or case.tried.prediction.decision == "refused":
        return (0, 0.0)
    prediction = case.tried.prediction
    return (1 if prediction.decision == "refer" else 2, -(prediction.score or 0.0))
