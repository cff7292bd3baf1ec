"""Keeps names of patients and files out of a report, whoever wrote the sentence they stand in.

A sentence is made of words; words that are a patient's identifier or a film's file name are
replaced, in time that does not grow with the number of films. Short numbers are left, or counts
would be taken for patients: sentences of this project never name a patient by a bare number.
"""

import re
from collections.abc import Callable

from cnn_core.results.films import FilmSet

WITHHELD = "[withheld]"
_WORD = re.compile(r"[^\s,;()'\"<>]+")
_TRAILING = ".:!?"
_LEAST = 4
_LEAST_DIGITS = 6


def _identifying(name: str) -> bool:
    return len(name) >= _LEAST and (not name.isdigit() or len(name) >= _LEAST_DIGITS)


def withholding(film_set: FilmSet) -> Callable[[str], str]:
    """Return a function that takes the names of this set's patients and files out of a text.

    Args:
        film_set: the films.

    Words that are also a class, a source or a site stay: they are what a report is about.
    """
    names = set()
    for film in film_set.films:
        names |= {film.patient, film.name, film.name.rpartition("/")[2]}
    for rejected in film_set.rejected:
        names |= {rejected.name, rejected.name.rpartition("/")[2]}
    told = {*film_set.classes, *film_set.column("source"), *film_set.column("site")}
    lengths: dict[int, set[str]] = {}  # of names, by how many words they have
    for name in names - told:
        words = list(_WORD.finditer(name))
        bare = name[words[0].start() : words[-1].end()].rstrip(_TRAILING) if words else ""
        if _identifying(bare):
            lengths.setdefault(len(words), set()).add(bare)
    longest_first = sorted(lengths.items(), reverse=True)

    def withheld(text: str) -> str:
        words, pieces, done, place = list(_WORD.finditer(text)), [], 0, 0
        while place < len(words):
            start, used = words[place].start(), 0
            for count, known in longest_first:
                if place + count > len(words):
                    continue
                said = text[start : words[place + count - 1].end()].rstrip(_TRAILING)
                if said in known:
                    pieces += [text[done:start], WITHHELD]
                    done, used = start + len(said), count
                    break
            place += used or 1
        return "".join([*pieces, text[done:]])

    return withheld
