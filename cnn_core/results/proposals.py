"""What to try after a verdict: one change each, the best first.

A proposal changes one thing in the run's configuration and what that needs, so that the pair of
runs tells what this one thing does. What a recipe lets change at all comes in as `Ways`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from cnn_core.errors import ConfigError
from cnn_core.results.chance import percent
from cnn_core.results.config import TrainConfig, validate_config
from cnn_core.results.verdict import ChangeKind, Evidence, FitVerdict, Proposal

Values = Mapping[str, int | float | str]
_MOST_EPOCHS = 1_000
_FEWEST_TO_READ = 8  # epochs: twice what a slope needs
_STRONG_DECAY, _FIRST_DECAY = 1e-2, 5e-4
_SHIFT, _CUTOUT, _DROPOUT = 4, 8, 0.5
_MIRRORED, _VIEWS = 2, 8  # a picture and its mirror image; crops beside them
_GREY_SHIFT, _ROTATION, _SCALE = 1, 10.0, 0.1  # those of LeNet-5's preset "best"
_GENTLER = 10.0


@dataclass(frozen=True, kw_only=True)
class Step:
    """A larger or smaller network: `title` begins with a verb, `values` are what differs."""

    title: str
    values: Values


@dataclass(frozen=True, kw_only=True)
class Ways:
    """What a run's recipe lets change.

    Attributes:
        larger: the next larger network, or one more of whose layers learn; None: there is none.
        smaller: likewise the other way.
        views: whether training pictures are seen in several views.
        shifted: whether they are shifted at every step.
        cutout: whether a square can be cut out of them.
        stretched: whether they can be turned and stretched.
        dropout: whether the share that is dropped can be set.
    """

    larger: Step | None = None
    smaller: Step | None = None
    views: bool = False
    shifted: bool = False
    cutout: bool = False
    stretched: bool = False
    dropout: bool = False


@dataclass(frozen=True, kw_only=True)
class _Change:
    kind: ChangeKind
    title: str
    why: str
    values: Values = field(default_factory=dict)


def proposals(verdict: FitVerdict, config: TrainConfig, ways: Ways) -> tuple[Proposal, ...]:
    """Return what to try, the best first; () where nothing follows from the verdict.

    Args:
        verdict: of the runs.
        config: that of one of them.
        ways: what their recipe lets change.
    """
    found = {one.id: one for one in verdict.evidence}
    match verdict.kind:
        case "diverging":
            changes = _against_divergence(config)
        case "overfitting":
            changes = _against_overfitting(config, ways)
        case "underfitting":
            changes = _against_underfitting(config, ways, found)
        case "still-improving":
            changes = _longer(config, "Validation accuracy was still rising when it ended.")
        case "well-fitted":
            changes = _beyond(config, ways)
        case _:
            changes = _to_tell(config, found)
    built = (_proposal(config, change) for change in changes)
    return tuple(each for each in built if each is not None)


def _proposal(config: TrainConfig, change: _Change) -> Proposal | None:
    """Return the change with its configuration; None where it changes nothing, or may not be."""
    values = dict(change.values)
    changed = tuple(name for name, value in values.items() if getattr(config, name) != value)
    if not changed:
        return None
    try:
        after = validate_config(replace(config, **values))  # type: ignore[arg-type]
    except ConfigError:
        return None
    return Proposal(
        kind=change.kind, title=change.title, why=change.why, config=after, changed=changed
    )


def _against_divergence(config: TrainConfig) -> Iterator[_Change]:
    yield from _gentler(config, "Steps that are too long throw the weights off their way.")


def _gentler(config: TrainConfig, why: str) -> Iterator[_Change]:
    rate = config.learning_rate / _GENTLER
    values: dict[str, int | float | str] = {"learning_rate": rate}
    if config.rate_finder == "on":
        values["rate_finder"] = "off"  # it would choose the rate anew
    yield _Change(
        kind="lower-rate",
        title=f"Train at a tenth of the learning rate ({rate:g})",
        why=why,
        values=values,
    )


def _longer(config: TrainConfig, why: str) -> Iterator[_Change]:
    epochs = min(_MOST_EPOCHS, max(2 * config.epochs, _FEWEST_TO_READ))
    times = "for twice as long" if epochs == 2 * config.epochs else "for longer"
    patient = ", without early stopping" if config.patience else ""  # else it ends where it did
    yield _Change(
        kind="longer",
        title=f"Train {times} ({epochs} epochs{patient})",
        why=why,
        values={"epochs": epochs, "patience": 0},
    )


def _more_data(config: TrainConfig, why: str) -> Iterator[_Change]:
    if config.data_share < 1:
        share = min(1.0, 2 * config.data_share)
        amount = "twice the pictures" if share == 2 * config.data_share else "all the pictures"
        yield _Change(
            kind="more-data",
            title=f"Train with {amount} ({percent(share)} in place of "
            f"{percent(config.data_share)})",
            why=why,
            values={"data_share": share},
        )


def _augmentation(config: TrainConfig, ways: Ways) -> Iterator[_Change]:
    why = "Pictures that never look the same twice are harder to learn by heart."
    if ways.stretched:
        yield _Change(
            kind="augmentation",
            title="Shift, turn and stretch the training pictures",
            why=why,
            values={
                "shift": max(config.shift, _GREY_SHIFT),
                "rotation": max(config.rotation, _ROTATION),
                "scale": max(config.scale, _SCALE),
            },
        )
        return
    if not ways.shifted:
        if ways.views and config.views < _VIEWS:
            yield _Change(
                kind="augmentation",
                title=f"Show each training picture in {_VIEWS} views",
                why=why,
                values={"views": _VIEWS},
            )
        return
    values: dict[str, int | float | str] = {}
    what = []
    if ways.views and config.views < _MIRRORED:
        values["views"] = _MIRRORED
        what.append("mirror")
    if config.shift < _SHIFT:
        values["shift"] = _SHIFT
        what.append("shift")
    if ways.cutout and config.cutout < _CUTOUT:
        values["cutout"] = _CUTOUT
        what.append("cut squares out of")
    if values:
        title = f"{_and(what).capitalize()} the training pictures"
        yield _Change(kind="augmentation", title=title, why=why, values=values)


def _decay(config: TrainConfig) -> Iterator[_Change]:
    decay = min(_STRONG_DECAY, 4 * config.weight_decay) if config.weight_decay else _FIRST_DECAY
    if decay > config.weight_decay:
        yield _Change(
            kind="weight-decay",
            title=f"Train with a weight decay of {decay:g}",
            why="Large weights, which a network needs to learn single pictures by heart, are "
            "made dear.",
            values={"weight_decay": decay},
        )


def _dropout(config: TrainConfig, ways: Ways) -> Iterator[_Change]:
    if ways.dropout and config.dropout < _DROPOUT:
        yield _Change(
            kind="dropout",
            title=f"Drop {percent(_DROPOUT)} of the features in training, in place of "
            f"{percent(config.dropout) if config.dropout else 'none'}",
            why="No decision can rest on single features then.",
            values={"dropout": _DROPOUT},
        )


def _against_overfitting(config: TrainConfig, ways: Ways) -> Iterator[_Change]:
    yield from _more_data(
        config, "More pictures are the surest remedy for a gap: they are harder to learn by heart."
    )
    yield from _augmentation(config, ways)
    yield from _decay(config)
    yield from _dropout(config, ways)
    if ways.smaller is not None:
        yield _Change(
            kind="smaller-net",
            title=ways.smaller.title,
            why="With fewer weights that learn, less can be learned by heart.",
            values=ways.smaller.values,
        )


def _against_underfitting(
    config: TrainConfig, ways: Ways, found: Mapping[str, Evidence]
) -> Iterator[_Change]:
    start, rising = found.get("start-loss"), found.get("train-rise")
    annealed = "schedule" in found
    lost = start is not None and start.holds and not annealed
    if lost:
        yield from _gentler(config, "It learned next to nothing: the steps may be too long.")
    if annealed:
        why = "Its schedule came to its end before the training pictures were learned."
    else:
        why = "Its training pictures were still being learned when it ended."
    unsaturated = annealed or (rising is not None and (rising.low or 0.0) > 0)
    if unsaturated:
        yield from _longer(config, why)
    if ways.larger is not None:
        yield _Change(
            kind="larger-net",
            title=ways.larger.title,
            why="More weights that learn can tell more pictures apart.",
            values=ways.larger.values,
        )
    if not unsaturated:
        yield from _longer(config, "It may have ended before it had learned what it can.")
    if not lost:
        yield from _gentler(config, "Shorter steps can come nearer to a minimum.")


def _beyond(config: TrainConfig, ways: Ways) -> Iterator[_Change]:
    if ways.larger is not None:
        yield _Change(
            kind="larger-net",
            title=ways.larger.title,
            why="Nothing needs mending; where a fit is good, more weights can lift both curves.",
            values=ways.larger.values,
        )
    yield from _more_data(config, "Nothing needs mending; more pictures can lift both curves.")
    yield from _longer(config, "Nothing needs mending; more epochs can lift both curves.")


def _to_tell(config: TrainConfig, found: Mapping[str, Evidence]) -> Iterator[_Change]:
    """Propose what gives curves that can be read."""
    epochs = found.get("epochs")
    if epochs is not None and epochs.holds:
        yield from _longer(config, "Curves of so few epochs have no slope that could be read.")
    yield from _more_data(
        config, "More pictures, more of them for validation, make the interval narrower."
    )


def _and(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
