"""Numbers and lists in the sentences that are said of a person's pictures."""

from collections.abc import Sequence


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun.

    >>> counted(1, "picture"), counted(1200, "picture"), counted(2, "class", "classes")
    ('1 picture', '1,200 pictures', '2 classes')
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def listed(items: Sequence[str], *, most: int = 3, more: str = "more") -> str:
    """Return the first items and how many are left.

    >>> listed(["a"]), listed(["a", "b"]), listed(list("abcde"))
    ('a', 'a and b', 'a, b, c and 2 more')
    """
    shown = list(items[:most])
    if len(items) > most:
        shown.append(f"{len(items) - most:,} {more}")
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def verb(number: int, one: str = "is", many: str = "are") -> str:
    """Return the form of a verb that goes with a number.

    >>> verb(1), verb(2), verb(2, "has", "have")
    ('is', 'are', 'have')
    """
    return one if number == 1 else many
