"""Plain JSON values to a dataclass, every value looked at: for files that come from elsewhere.

Knows what the dataclasses of `results` are made of: numbers, text, switches, literals, lists,
tuples, dictionaries of text, other dataclasses, and each of them or None. Names that the dataclass
does not have are passed over (a newer version wrote them). Pure, without state.
"""

import dataclasses
import functools
import sys
from collections.abc import Mapping
from types import UnionType
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from cnn_core.errors import DataError

Kind = TypeVar("Kind")
_INTEGERS = 2**63  # beyond it NumPy has no whole number
_LONGEST = 40  # characters of a value in a message
_NAMES: Mapping[Any, str] = {
    float: "a number",
    int: "a whole number",
    str: "text",
    bool: "true or false",
}


def from_plain(kind: type[Kind], value: object, place: str = "") -> Kind:
    """Return the dataclass `kind` that `value`, as `dataclasses.asdict` and JSON give it, tells of.

    Args:
        kind: a dataclass.
        value: what stands for it; fields that have a default may be missing.
        place: what a message calls it; the dataclass's name if "".

    Raises:
        DataError: a field is missing, of another type, or a number that is not finite.

    >>> from cnn_core.results.events import CheckpointReady
    >>> from_plain(CheckpointReady, {"step": 1.5})
    Traceback (most recent call last):
    cnn_core.errors.DataError: CheckpointReady.step should be a whole number, but it is 1.5.
    """
    found: Kind = _dataclass(kind, value, place or kind.__name__)
    return found


@functools.cache
def _fields(kind: Any) -> tuple[tuple[str, Any, bool], ...]:  # noqa: ANN401 - any dataclass
    hints = get_type_hints(kind)
    missing = dataclasses.MISSING
    return tuple(
        (each.name, hints[each.name], each.default is missing and each.default_factory is missing)
        for each in dataclasses.fields(kind)
    )


def _dataclass(kind: Any, value: object, place: str) -> Any:  # noqa: ANN401 - what `kind` says
    if not isinstance(value, dict):
        raise _mismatch(place, "an object", value)
    values = {}
    for name, hint, needed in _fields(kind):
        if name in value:
            values[name] = _value(hint, value[name], f"{place}.{name}")
        elif needed:
            raise DataError(f"{place} should have {name!r}, but it is missing.")
    return kind(**values)


def _value(hint: Any, value: object, place: str) -> Any:  # noqa: ANN401 - what `hint` says
    if dataclasses.is_dataclass(hint):
        return _dataclass(hint, value, place)
    if hint in _NAMES:
        return _plain(hint, value, place)
    origin, inner = get_origin(hint), get_args(hint)
    if origin is UnionType:
        return None if value is None else _value(inner[0], value, place)
    if origin is Literal:
        if value not in inner:
            raise _mismatch(place, f"one of {', '.join(map(str, inner))}", value)
        return value
    if origin is dict:
        if not isinstance(value, dict):
            raise _mismatch(place, "an object", value)
        return {str(name): _value(inner[1], item, place) for name, item in value.items()}
    fixed = origin is tuple and inner[-1] is not Ellipsis
    if not isinstance(value, list) or (fixed and len(value) != len(inner)):
        raise _mismatch(place, f"a list of {len(inner)}" if fixed else "a list", value)
    hints = inner if fixed else (inner[0],) * len(value)
    found = [_value(hint, item, place) for hint, item in zip(hints, value, strict=True)]
    return tuple(found) if origin is tuple else found


def _plain(kind: Any, value: Any, place: str) -> Any:  # noqa: ANN401 - checked here
    if kind is float and type(value) in (int, float):
        if not abs(value) <= sys.float_info.max:  # NaN is not either
            raise _mismatch(place, "a finite number", value)
        return float(value)
    if type(value) is not kind or (kind is int and abs(value) >= _INTEGERS):
        raise _mismatch(place, _NAMES[kind], value)
    return value


def _mismatch(place: str, expected: str, value: object) -> DataError:
    text = repr(value)
    shown = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
    return DataError(f"{place} should be {expected}, but it is {shown}.")
