"""Keeps names of patients and files out of a report, whoever wrote the sentence they stand in.

A sentence is made of words; a word that is a patient's identifier or a film's file name is
replaced. Short numbers are left, or counts would be taken for patients: sentences of this project
never name a patient by a bare number.
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
    names = {name for name in names - told if _identifying(name)}
    several = sorted((name for name in names if not _WORD.fullmatch(name)), key=len, reverse=True)

    def hidden(match: re.Match[str]) -> str:
        word = match[0].rstrip(_TRAILING)
        return f"{WITHHELD}{match[0][len(word) :]}" if word in names else match[0]

    def withheld(text: str) -> str:
        for name in several:
            if name in text:
                text = text.replace(name, WITHHELD)
        return _WORD.sub(hidden, text)

    return withheld
