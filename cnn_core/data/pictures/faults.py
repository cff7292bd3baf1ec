"""What can be wrong with a picture by itself: nothing on it, too dark, too small, too long."""

from collections.abc import Iterable

from cnn_core.data.pictures.duplicates import PLAIN_CONTRAST
from cnn_core.data.pictures.wording import counted, verb
from cnn_core.results.pictures import Finding, PictureFile, Snapshot

DARK = 0.25
"""A picture is dark if even its bright parts (mean and two standard deviations) stay below this."""
TINY = 64
"""Pixels of the shorter side below which a picture is tiny."""
ODD_SHAPE = 2.0
"""Longer by shorter side above which less than half of a picture is in the square in its middle."""

Ranked = list[tuple[float, int]]  # how bad (less is worse), and the place


def _bright_parts(picture: PictureFile) -> float:
    return picture.brightness + 2 * picture.contrast


def _shorter(picture: PictureFile) -> int:
    return min(picture.width, picture.height)


def _in_the_square(picture: PictureFile) -> float:
    return _shorter(picture) / max(picture.width, picture.height)


def picture_findings(snapshot: Snapshot, places: Iterable[int]) -> list[Finding]:
    """Return what is wrong with single pictures, the worst picture of each finding first.

    Args:
        snapshot: the pictures.
        places: which of them to look at.
    """
    blank: Ranked = []
    dark: Ranked = []
    tiny: Ranked = []
    odd: Ranked = []
    for place in places:
        picture = snapshot.pictures[place]
        if picture.contrast < PLAIN_CONTRAST:
            blank.append((picture.contrast, place))
        elif _bright_parts(picture) < DARK:
            dark.append((_bright_parts(picture), place))
        if _shorter(picture) < TINY:
            tiny.append((_shorter(picture), place))
        if _in_the_square(picture) < 1 / ODD_SHAPE:
            odd.append((_in_the_square(picture), place))
    found = [_blank(sorted(blank)), _dark(sorted(dark)), _tiny(sorted(tiny)), _odd(sorted(odd))]
    return [finding for finding in found if finding.pictures]


def _places(ranked: Ranked) -> tuple[int, ...]:
    return tuple(place for _, place in ranked)


def _how_many(ranked: Ranked) -> str:
    return f"{counted(len(ranked), 'picture')} {verb(len(ranked))}"


def _worst(ranked: Ranked) -> float:
    return ranked[0][0] if ranked else 0.0


def _blank(ranked: Ranked) -> Finding:
    return Finding(
        kind="blank",
        severity="warning",
        sentence=f"{_how_many(ranked)} of one colour all over.",
        hint="Leave them out: there is nothing to learn from them.",
        pictures=_places(ranked),
    )


def _dark(ranked: Ranked) -> Finding:
    return Finding(
        kind="dark",
        severity="warning",
        sentence=f"{_how_many(ranked)} so dark that even bright parts stay below "
        f"{100 * DARK:.0f} % of white.",
        hint="Leave out those on which a person cannot tell what they show.",
        pictures=_places(ranked),
    )


def _tiny(ranked: Ranked) -> Finding:
    return Finding(
        kind="tiny",
        severity="warning",
        sentence=f"{_how_many(ranked)} less than {TINY} pixels wide or high, "
        f"down to {_worst(ranked):.0f}.",
        hint="They are enlarged to what the network takes, and are blurred for it.",
        pictures=_places(ranked),
    )


def _odd(ranked: Ranked) -> Finding:
    return Finding(
        kind="odd-shape",
        severity="note",
        sentence=f"{_how_many(ranked)} more than {ODD_SHAPE:g} times as long one way as the other: "
        "the square in the middle, all that the network sees, covers "
        f"{100 * _worst(ranked):.0f} % at worst.",
        hint="Crop them to what matters, or leave them out.",
        pictures=_places(ranked),
    )
