"""What a protocol is called, and what the naive and the honest answer say together."""

from cnn_core.results.xray_audit import ProtocolScore, Zone

ZONE_WORDS: dict[str, str] = {
    "full": "whole film",
    "border": "border alone",
    "no-centre": "central zone black",
    "centre": "central zone alone",
}
"""What of a film the model sees; the central zone is a fixed ellipse, not a segmentation."""

SEEN_WORDS: dict[str, str] = {**ZONE_WORDS, "table": "the table alone", "file": "the file alone"}
"""What one of an audit's classifiers is given (`BlindScore.what`)."""

_CLEARLY = 0.05


def protocol_words(*, grouped: bool, zone: Zone, unseen: bool) -> str:
    """Return a protocol in words.

    >>> protocol_words(grouped=True, zone="centre", unseen=True)
    'Patients kept together, central zone alone, unseen source'
    """
    kept = "Patients kept together" if grouped else "Films split at random"
    return f"{kept}, {ZONE_WORDS[zone]}, {'unseen' if unseen else 'seen'} source"


def auroc_words(score: ProtocolScore) -> str:
    """Return a protocol's AUROC with its interval, or that it cannot be measured.

    >>> from cnn_core.results.xray_audit import ProtocolScore
    >>> score = ProtocolScore(grouped=True, zone="full", unseen=False, auroc=0.912,
    ...     interval=(0.88, 0.934), films=90, sentence="")
    >>> auroc_words(score)
    '0.91 (0.88 to 0.93)'
    """
    if score.auroc is None or score.interval is None:
        return "not measurable"
    return f"{score.auroc:.2f} ({score.interval[0]:.2f} to {score.interval[1]:.2f})"


def protocols_title(naive: ProtocolScore, honest: ProtocolScore) -> str:
    """Return the two answers in a short sentence without a full stop."""
    if naive.auroc is None or honest.auroc is None:
        return "Naive and honest cannot both be measured with these films"
    return f"Macro AUROC {naive.auroc:.2f} asked naively, {honest.auroc:.2f} asked honestly"


def protocols_sentence(naive: ProtocolScore, honest: ProtocolScore, why: str) -> str:
    """Return what the two answers say, computed from them.

    Args:
        naive: films at random, whole film, seen source.
        honest: patients kept together, central zone alone, unseen source (seen where unseen
            cannot be measured).
        why: an unseen source cannot be measured, "" where it can.
    """
    told = (
        f"Naive (films split at random, whole film, seen source): macro AUROC "
        f"{auroc_words(naive)}. Honest (patients kept together, central zone alone, "
        f"{'un' if honest.unseen else ''}seen source): {auroc_words(honest)}."
    )
    said = [told]
    if naive.auroc is not None and honest.auroc is not None and honest.interval is not None:
        gap = naive.auroc - honest.auroc
        if honest.interval[0] <= 0.5 <= honest.interval[1]:
            said.append("The honest score cannot be told from chance (0.50).")
        skill, left = round(naive.auroc - 0.5, 2), max(honest.auroc - 0.5, 0.0)
        if abs(gap) < _CLEARLY:
            said.append("The two differ by less than 0.05: these shortcuts add little here.")
        elif gap < 0:
            said.append(
                f"The honest score is the higher one, by {-gap:.2f}: what the naive way lets in "
                "adds nothing here."
            )
        elif skill <= 0:
            said.append("The naive score itself is not above chance (0.50).")
        else:
            rest = ["patients known again", "what surrounds the central zone"]
            rest += ["the source"] if honest.unseen else []
            said.append(
                f"Of the {skill:.2f} above chance, {left:.2f} remains: the rest is "
                f"{', '.join(rest[:-1])} or {rest[-1]}."
            )
    if why:
        said.append(f"Performance on an unseen hospital cannot be measured with these data: {why}.")
    return " ".join(said)
