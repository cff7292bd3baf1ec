"""What is to be said of films that are one film (part 1)."""

from cnn_core.data.pictures.wording import counted, verb
from cnn_core.results.xray_audit import AuditFlag
from cnn_core.xray.audit.duplicates import ALIKE, NEAR, REVIEW, Copies

_WORDS = {
    "exact": "the same film, byte for byte or pixel for pixel",
    "near": f"nearly the same film (at most {NEAR} of 256 bits of its hash differ)",
    "inverted": "a film and its inverted copy",
    "mirrored": "a film and its mirror image",
}
_NAMES = {
    "exact": "exact-duplicates",
    "near": "near-duplicates",
    "inverted": "inverted-duplicates",
    "mirrored": "mirrored-duplicates",
}


def duplicate_flags(copies: Copies, *, embedded: bool) -> tuple[AuditFlag, ...]:
    """Return what is to be said of copies: how many, under whose name, and for whose eyes.

    Args:
        copies: of `duplicates.found_copies`.
        embedded: whether crops and turns were looked for.
    """
    return (
        *(_copies(copies.counts[kind], kind) for kind in _NAMES),
        _two_labels(copies),
        _two_patients(copies.two_patients),
        _review(copies.counts["review"]),
        _crops(copies.counts["crop"], embedded),
    )


def _copies(own: int, kind: str) -> AuditFlag:
    if own:
        sentence = f"{counted(own, 'pair')} of films {verb(own)} {_WORDS[kind]}. "
        sentence += "They are kept on one side of every split."
    else:
        sentence = f"No two films are {_WORDS[kind]}."
    return AuditFlag(
        part=1,
        name=_NAMES[kind],
        level="amber" if own else "green",
        value=float(own),
        sentence=sentence,
    )


def _two_labels(copies: Copies) -> AuditFlag:
    """Judge copies with two labels: of one patient they may be follow-ups, else one is wrong."""
    apart, other = copies.two_labels, copies.mislabelled
    if other:
        sentence = (
            f"{counted(other, 'pair')} of copies {verb(other, 'has', 'have')} two "
            "labels: the same film stands in two classes, and one of them is wrong."
        )
    elif apart:
        sentence = (
            f"{counted(apart, 'pair')} of nearly equal films of one patient "
            f"{verb(apart, 'has', 'have')} two labels: look whether they are one film."
        )
    else:
        sentence = "No film stands in two classes."
    return AuditFlag(
        part=1,
        name="copies-with-two-labels",
        level="red" if other else "amber" if apart else "green",
        value=float(apart),
        sentence=sentence,
    )


def _two_patients(apart: int) -> AuditFlag:
    if apart:
        sentence = (
            f"{counted(apart, 'pair')} of copies {verb(apart, 'stands', 'stand')} under two "
            "patients: a split by patient alone would put one film on both sides. Here such "
            "patients are kept together."
        )
    else:
        sentence = "No film stands under two patients."
    return AuditFlag(
        part=1,
        name="copies-under-two-patients",
        level="amber" if apart else "green",
        value=float(apart),
        sentence=sentence,
    )


def _review(pairs: int) -> AuditFlag:
    if pairs:
        sentence = (
            f"{counted(pairs, 'pair')} of films {verb(pairs, 'differs', 'differ')} in "
            f"{NEAR + 1} to {REVIEW} of 256 bits: a person has to look whether they are one film."
        )
    else:
        sentence = f"No two films differ in {NEAR + 1} to {REVIEW} of 256 bits of their hash."
    return AuditFlag(
        part=1,
        name="pairs-to-review",
        level="amber" if pairs else "green",
        value=float(pairs),
        sentence=sentence,
    )


def _crops(pairs: int, embedded: bool) -> AuditFlag:
    if not embedded:
        return AuditFlag(
            part=1,
            name="crops-and-turns",
            level="not judged",
            value=None,
            sentence="Crops and turned copies were not looked for: that needs the outputs of a "
            "trained network (EfficientNet-Lite0).",
        )
    if pairs:
        sentence = (
            f"{counted(pairs, 'pair')} of films of different patients "
            f"{verb(pairs, 'looks', 'look')} alike to a network (cosine distance at most "
            f"{ALIKE:g}): a person has to look whether one is a slight crop or turn of the other."
        )
    else:
        sentence = (
            "No further two films of different patients look alike to a network (cosine distance "
            f"at most {ALIKE:g}). Strong crops and turns would not be found."
        )
    return AuditFlag(
        part=1,
        name="crops-and-turns",
        level="amber" if pairs else "green",
        value=float(pairs),
        sentence=sentence,
    )
