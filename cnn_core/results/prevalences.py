"""Probabilities at another prior, and which prevalences are assumed where nobody says. Pure.

Prevalences are shares of the classes, in their order, that add up to 1.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnn_core.errors import ConfigError
from cnn_core.results.xray_plan import PREVALENCES

_HINT = "Give each as a share, for instance covid19=0.08."


def validate_shares(name: str, shares: NDArray[np.float64]) -> None:
    """Refuse what are no shares.

    Raises:
        ValueError: they are negative, or do not add up to 1.
    """
    if shares.ndim != 1 or (shares < 0).any() or not np.isclose(shares.sum(), 1.0, atol=1e-6):
        raise ValueError(f"{name} must be shares that add up to 1, but they are {shares.tolist()}.")


def reweighted(
    probabilities: ArrayLike, prior: ArrayLike, target: ArrayLike
) -> NDArray[np.float64]:
    """Return the probabilities at another prior: each class times target / prior, rows adding to 1.

    Also what undoes class weights: from a uniform prior to the shares of the classes.

    Args:
        probabilities: `(N, C)`, at `prior`.
        prior: shares `(C,)`, above 0 wherever `target` is.
        target: shares `(C,)`.

    Returns:
        float64 `(N, C)`.

    Raises:
        ValueError: shares that cannot be.

    Source: M. Saerens, P. Latinne, C. Decaestecker, "Adjusting the outputs of a classifier to new a
    priori probabilities: a simple procedure", Neural Computation 14 (2002), 21-41, equation 2.4.

    >>> reweighted([[0.5, 0.5]], [0.5, 0.5], [0.9, 0.1]).round(3).tolist()
    [[0.9, 0.1]]
    """
    old, new = np.asarray(prior, dtype=np.float64), np.asarray(target, dtype=np.float64)
    validate_shares("prior", old)
    validate_shares("target", new)
    if (new[old == 0] > 0).any():
        raise ValueError(f"A class of prior 0 cannot be given a share: {new.tolist()}.")
    ratio = np.divide(new, old, out=np.zeros_like(new), where=old > 0)
    raised = np.asarray(probabilities, dtype=np.float64) * ratio
    total = raised.sum(axis=1, keepdims=True)
    # Where every remaining class had probability 0, the film tells nothing: the target itself.
    return np.where(total > 0, raised / np.where(total > 0, total, 1.0), new)


def usual_prevalences(classes: Sequence[str], prior: Sequence[float]) -> dict[str, float]:
    """Return what is assumed where nobody says: `PREVALENCES` if of all classes, else `prior`.

    >>> usual_prevalences(("normal", "covid19", "pneumonia"), (0.4, 0.3, 0.3))
    {'normal': 0.8, 'covid19': 0.08, 'pneumonia': 0.12}
    >>> usual_prevalences(("normal", "fibrosis"), (0.5, 0.5))
    {'normal': 0.5, 'fibrosis': 0.5}
    """
    if set(classes) == set(PREVALENCES):
        return {label: PREVALENCES[label] for label in classes}
    return dict(zip(classes, prior, strict=True))


def named_shares(given: Sequence[str]) -> dict[str, float]:
    """Return the shares that somebody wrote, by class.

    Args:
        given: CLASS=SHARE each.

    Raises:
        ConfigError: it is not written so.

    >>> named_shares(["covid19=0.08"])
    {'covid19': 0.08}
    """
    found = {}
    for text in given:
        label, _, share = text.partition("=")
        try:
            found[label.strip()] = float(share)
        except ValueError as exc:
            raise ConfigError(
                f"A prevalence is a class and a share, but {text[:40]!r} was given.", hint=_HINT
            ) from exc
    return found


def assumed_prevalences(
    classes: Sequence[str], prior: Sequence[float], given: Mapping[str, float]
) -> dict[str, float]:
    """Return a share for each class: those given, the others keeping their usual proportions.

    Args:
        classes: of a model.
        prior: that its probabilities assume, shares `(C,)`.
        given: share by class, for some classes, for all or for none.

    Raises:
        ConfigError: a class that the model does not know, a share outside 0 to 1, or shares that
            add up to more than 1, or of all classes to less.

    >>> assumed_prevalences(("normal", "covid19", "pneumonia"), (0.4, 0.3, 0.3), {"covid19": 0.54})
    {'normal': 0.4, 'covid19': 0.54, 'pneumonia': 0.06}
    """
    _validate_given(classes, given)
    total = sum(given.values())
    if len(given) == len(classes):
        return {label: given[label] / total for label in classes}
    usual = usual_prevalences(classes, prior)
    rest = {label: share for label, share in usual.items() if label not in given}
    whole = sum(rest.values())
    left = max(0.0, 1 - total)
    return {
        label: given[label]
        if label in given
        else round(left * (rest[label] / whole if whole else 1 / len(rest)), 12)
        for label in classes
    }


def _validate_given(classes: Sequence[str], given: Mapping[str, float]) -> None:
    unknown = sorted(set(given) - set(classes))
    if unknown:
        raise ConfigError(
            f"A prevalence must be of one of {', '.join(classes)}, but one of {unknown[0][:40]!r} "
            "was given.",
            hint=_HINT,
        )
    for label, share in given.items():
        if not 0 <= share <= 1:
            raise ConfigError(
                f"A prevalence must lie between 0 and 1, but that of {label} is {share}.",
                hint=_HINT,
            )
    total = sum(given.values())
    if total > 1 + 1e-6 or (len(given) == len(classes) and total < 1 - 1e-6):
        raise ConfigError(
            f"Prevalences must add up to 1, but those given add up to {total:.4g}.", hint=_HINT
        )
