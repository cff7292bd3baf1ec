"""What a chest X-ray model is worth at an assumed prevalence: plain values."""

from dataclasses import dataclass

ASSUMES = "Assumes sensitivity and specificity stay as measured; with milder disease both change."
"""Stands beside everything that is computed for a prevalence."""


@dataclass(frozen=True, kw_only=True)
class PredictiveValues:
    """One class at an assumed prevalence, sensitivity and specificity being as measured.

    Attributes:
        prevalence: assumed share of the class, 0 to 1.
        sensitivity: as measured, None where there is no film of the class.
        specificity: as measured on films of the other classes, mixed at their prevalences.
        ppv: None where the class is never named.
        npv: None where it is always named.
    """

    label: str
    prevalence: float
    sensitivity: float | None
    specificity: float | None
    ppv: float | None
    npv: float | None


@dataclass(frozen=True, kw_only=True)
class DecisionCurve:
    """Net benefit of acting on a class's probability, at an assumed prevalence.

    Attributes:
        thresholds: probabilities from which on one acts, ascending, 0.02 to 0.50.
        model: net benefit of acting on the model at each.
        everyone: of acting on every film (acting on none has 0).
    """

    label: str
    prevalence: float
    thresholds: tuple[float, ...]
    model: tuple[float, ...]
    everyone: tuple[float, ...]
