"""How often the audit of films cries wolf, and whether it sees a wolf: `... film_audit_alarms`.

Twenty clean sets of phantoms are drawn (240 films each; the lungs alone carry the label, every
class from two hospitals) and audited: a red flag on one of them is a false alarm. Then every trap
is drawn, each of two seeds, and has to be seen at its own place. No network is asked: crops and
turns are left out.
"""

import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from cnn_core.data.films.intake import take_in_films
from cnn_core.data.films.phantoms import PhantomKind, draw_phantoms
from cnn_core.data.films.store import FilmStore
from cnn_core.results.metrics import clopper_pearson
from cnn_core.results.xray_audit import Level, XrayAudit
from cnn_core.xray.audit import audit_films

TRAPS: dict[PhantomKind, dict[str, Level]] = {
    "marker": {
        "shortcut-border-normal": "red",
        "shortcut-border-pneumonia": "red",
        "shortcut-border-covid19": "red",
        "shortcut-no-centre-covid19": "red",
    },
    "brighter": {"shortcut-border-covid19": "red", "shortcut-no-centre-covid19": "red"},
    "source-per-class": {
        "label-by-source": "red",
        "table-alone": "red",
        "sources-normal": "red",
        "sources-pneumonia": "red",
        "sources-covid19": "red",
    },
    "mirrored": {"mirrored-duplicates": "amber", "copies-under-two-patients": "amber"},
    "inverted": {"inverted-duplicates": "amber", "copies-under-two-patients": "amber"},
    "resized": {"near-duplicates": "amber", "copies-under-two-patients": "amber"},
    "patient-two-classes": {"patients-with-two-labels": "amber"},
    "two-folds": {"patients-in-two-splits": "red"},
}
"""Flags that a trap has to raise, at this level or a graver one."""

_GRAVER: dict[Level, tuple[Level, ...]] = {"red": ("red",), "amber": ("red", "amber")}


def audit_of(kind: PhantomKind, *, seed: int, films: int | None = None, draws: int) -> XrayAudit:
    """Draw a set, take it in as any other, and return its audit."""
    with tempfile.TemporaryDirectory() as folder:
        words = draw_phantoms(Path(folder) / "films", kind, films=films, seed=seed)
        store = FilmStore(Path(folder) / "store")
        film_set = take_in_films(
            store, Path(folder) / "films", title=words["title"], synthetic=True
        )
        return audit_films(film_set, store, draws=draws, seed=seed)


def unseen_traps(audit: XrayAudit, wanted: dict[str, Level]) -> list[str]:
    """Return the flags that a trap should have raised and did not."""
    levels = {flag.name: flag.level for flag in audit.flags}
    return [name for name, level in wanted.items() if levels.get(name) not in _GRAVER[level]]


def measure(seeds: int = 20, traps: int = 2, draws: int = 1000) -> dict[str, Any]:
    """Return the false alarms of clean sets and what became of each trap.

    Args:
        seeds: clean sets.
        traps: sets of each trap.
        draws: of every bootstrap.
    """
    red: Counter[str] = Counter()
    amber: Counter[str] = Counter()
    alarms = 0
    skills = []
    for seed in range(seeds):
        audit = audit_of("clean", seed=seed, draws=draws)
        names = [flag.name for flag in audit.flags if flag.level == "red"]
        red.update(names)
        amber.update(flag.name for flag in audit.flags if flag.level == "amber")
        alarms += bool(names)
        skills.append({score.what: round(score.auroc, 3) for score in audit.blind})
    missed = {
        kind: [
            unseen_traps(audit_of(kind, seed=seed, draws=draws), wanted) for seed in range(traps)
        ]
        for kind, wanted in TRAPS.items()
    }
    low, high = clopper_pearson(alarms, seeds)
    return {
        "holds": not alarms and not any(any(each) for each in missed.values()),
        "clean": {
            "sets": seeds,
            "films": 240,
            "with_a_red_flag": alarms,
            "interval_95": [round(low, 3), round(high, 3)],
            "red": dict(red),
            "amber": dict(amber),
            "auroc": skills,
        },
        "traps": {
            kind: {"sets": traps, "wanted": TRAPS[kind], "missed": missed[kind]} for kind in TRAPS
        },
        "draws": draws,
    }
