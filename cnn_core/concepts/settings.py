"""The settings of an experiment: a frozen dataclass whose fields say what they may be.

A field made by `setting` has a title, a help text and a range or choices, so that page, terminal
and link need no table of their own. Texts are canonical: equal settings have equal texts.
"""

import dataclasses
import json
import math
from dataclasses import dataclass
from typing import Any, TypeVar

from cnn_core.errors import ConfigError, DataError

_LONGEST = 40  # characters of a value in a message
_KEY = "setting"


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What a field may be.

    Attributes:
        title: for a person, with its unit.
        help: one sentence.
        low, high: ends of a number's range, or of each number of a list.
        choices: of a text, or of the texts in a list; () where numbers are given.
        most: numbers that a list may have.
    """

    title: str
    help: str
    low: float = -math.inf
    high: float = math.inf
    choices: tuple[str, ...] = ()
    most: int = 8


def setting(
    default: Any,  # noqa: ANN401 - int, float, str, or a tuple of one of them
    title: str,
    help: str,
    *,
    low: float = -math.inf,
    high: float = math.inf,
    choices: tuple[str, ...] = (),
    most: int = 8,
) -> Any:  # noqa: ANN401 - a dataclass's field
    """Return a field with its default and what it may be; a whole number's `low` is one too."""
    about = Setting(title=title, help=help, low=low, high=high, choices=choices, most=most)
    return dataclasses.field(default=default, metadata={_KEY: about})


@dataclass(frozen=True, kw_only=True)
class ExperimentSettings:
    """What every experiment lets choose; a subclass adds its own with `setting`.

    Attributes:
        seeds: how many are tried, `seed`, `seed + 1`, ...
        seed: the first.
        data: id of the data set, one of `Experiment.data`; "" where it needs none.
    """

    seeds: int = setting(
        3, "Seeds", "Each comparison is repeated on so many draws of data and weights.", low=1,
        high=50,
    )  # fmt: skip
    seed: int = setting(0, "First seed", "The draws begin with this one.", low=0, high=1_000_000)
    data: str = setting("", "Data", "The pictures that are learned from.")


Settings = TypeVar("Settings", bound=ExperimentSettings)


def fields_of(kind: type[ExperimentSettings]) -> dict[str, tuple[Any, Setting]]:
    """Return each field's default and what it may be, by name, in their order."""
    return {
        each.name: (each.default, each.metadata[_KEY])
        for each in dataclasses.fields(kind)
        if _KEY in each.metadata
    }


def validated(settings: Settings) -> Settings:
    """Return `settings` if every field is what it may be.

    Raises:
        ConfigError: naming the field, what it may be and what came.
    """
    for name, (default, about) in fields_of(type(settings)).items():
        value = getattr(settings, name)
        if isinstance(default, tuple):
            _validate_list(name, value, type(default[0]), about)
        else:
            _validate_one(name, value, type(default), about)
    return settings


def _validate_list(name: str, value: object, kind: type, about: Setting) -> None:
    if not isinstance(value, tuple) or not 1 <= len(value) <= about.most:
        raise ConfigError(f"{name} must be a list of 1 to {about.most} values.")
    for each in value:
        _validate_one(name, each, kind, about)
    if len(set(value)) < len(value):
        raise ConfigError(f"{name} must name each value once, but it is {_short(value)}.")


def _validate_one(name: str, value: object, kind: type, about: Setting) -> None:
    fits = isinstance(value, kind) or (kind is float and isinstance(value, int))
    if not fits or isinstance(value, bool):
        raise ConfigError(f"{name} must be {_KINDS[kind]}, but it is {_short(value)}.")
    if kind is str:
        if about.choices and value not in about.choices:
            listed = ", ".join(about.choices)
            raise ConfigError(f"{name} must be one of {listed}, but it is {_short(value)}.")
        if len(str(value)) > _LONGEST:
            raise ConfigError(f"{name} must have at most {_LONGEST} characters.")
    elif not (isinstance(value, int | float) and about.low <= value <= about.high):
        raise ConfigError(
            f"{name} must be between {about.low:g} and {about.high:g}, but it is {_short(value)}."
        )


_KINDS = {int: "a whole number", float: "a number", str: "text"}


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def to_text(settings: ExperimentSettings) -> str:
    """Return the settings as `TrainConfig.experiment` keeps them: canonical JSON.

    >>> to_text(ExperimentSettings(seeds=2))
    '{"data": "", "seed": 0, "seeds": 2}'
    """
    values = {name: getattr(settings, name) for name in fields_of(type(settings))}
    for name, (default, _) in fields_of(type(settings)).items():
        if isinstance(default, float):
            values[name] = float(values[name])
    return json.dumps(values, sort_keys=True)


def from_text(kind: type[Settings], text: str) -> Settings:
    """Return what `to_text` wrote; names that `kind` does not have are passed over.

    Raises:
        DataError: it is damaged, or a value is not what it may be.
    """
    try:
        body = json.loads(text)
        known = {name: body[name] for name in fields_of(kind) if name in body}
    except (ValueError, TypeError, RecursionError) as exc:
        raise DataError("The settings of this experiment are damaged.") from exc
    given: dict[str, Any] = {
        name: tuple(each) if isinstance(each, list) else each for name, each in known.items()
    }
    try:
        return validated(kind(**given))
    except ConfigError as exc:
        raise DataError(f"The settings of this experiment are damaged: {exc.message}") from exc


def with_values(settings: Settings, changes: dict[str, str]) -> Settings:
    """Return `settings` with fields replaced, from text as a person types it; lists by commas.

    Raises:
        ConfigError: unknown field, text that is not of the field's type, value out of range.

    >>> with_values(ExperimentSettings(), {"seeds": "5"}).seeds
    5
    """
    known = fields_of(type(settings))
    parsed: dict[str, Any] = {}
    for name, text in changes.items():
        if name not in known:
            raise ConfigError(
                f"There is no setting named {_short(name)}.",
                hint=f"The settings are {', '.join(known)}.",
            )
        default = known[name][0]
        several = isinstance(default, tuple)
        kind = type(default[0]) if several else type(default)
        try:
            values = [kind(part.strip()) for part in (text.split(",") if several else [text])]
        except ValueError as exc:
            raise ConfigError(f"{name} must be {_KINDS[kind]}, but it is {_short(text)}.") from exc
        parsed[name] = tuple(values) if several else values[0]
    return validated(dataclasses.replace(settings, **parsed))
