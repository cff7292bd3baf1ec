"""Read a pickle without running it: plain containers, numbers, text and numpy arrays, nothing else.

A pickle is a program: it names functions and calls them. Here every name is looked up in one
short table whose functions are this module's own; any other name is refused and never imported, and
so is whatever makes objects in other ways. What a pickle says of an array is checked before numpy
hears of it: element types come from a list, and the bytes must be as many as the shape says. Keys
are text: hashing what is nested a million deep, or doubled sixty times, ends a process or never.
"""

import io
import math
import pickle
import pickletools
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from cnn_core.errors import DataError

_HINT = "Only batches of plain lists and numpy arrays are read; nothing of this file was run."
_KINDS = "biuf"  # of numpy's element types: truth values, whole numbers, fractions
_REFUSED = {"INST", "OBJ", "NEWOBJ", "NEWOBJ_EX", "PERSID", "BINPERSID", "NEXT_BUFFER"} | {
    "EXT1",
    "EXT2",
    "EXT4",
    "EMPTY_SET",
    "ADDITEMS",
    "FROZENSET",
}
_FAULTS = (
    pickle.UnpicklingError,
    AttributeError,
    EOFError,
    ImportError,
    IndexError,
    KeyError,
    MemoryError,
    OverflowError,
    RecursionError,
    TypeError,
    UnicodeError,
    ValueError,
)


class _Allowed:
    """A function that a pickle may call, and can do nothing else to."""

    __slots__ = ("_function",)

    def __init__(self, function: Callable[..., object]) -> None:
        self._function = function

    def __call__(self, *values: object) -> object:
        return self._function(*values)

    def __setstate__(self, state: object) -> None:
        raise pickle.UnpicklingError("a function has no state")


class _ElementType:
    """What stands for a numpy element type until its byte order is known."""

    __slots__ = ("dtype",)

    def __init__(self, code: object, *_: object) -> None:
        text = code if isinstance(code, str) else ""
        dtype = np.dtype(text) if text[:1] in "biuf" and text[1:].isdigit() else None
        if dtype is None or dtype.kind not in _KINDS:
            raise pickle.UnpicklingError("an element type that is no number")
        self.dtype = dtype

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        order, rest = state[1], state[2:5]
        if order not in ("<", ">", "|", "=") or any(part is not None for part in rest):
            raise pickle.UnpicklingError("an element type with fields")
        self.dtype = self.dtype.newbyteorder(order)


class _Array(np.ndarray[Any, np.dtype[Any]]):
    """An empty array that takes its shape and bytes once they are known to fit together."""

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, shape, kind, by_columns, content = state
        flat, sizes = _checked(kind, shape, content)
        whole = (1, sizes, flat.dtype, bool(by_columns), flat.tobytes())
        super().__setstate__(whole)  # type: ignore[arg-type]


def _checked(kind: object, shape: object, content: object) -> tuple[NDArray[Any], tuple[int, ...]]:
    """Return an array's values in one row, and its shape, if type, shape and bytes agree."""
    raw = content.encode("latin-1") if isinstance(content, str) else content
    if not isinstance(kind, _ElementType) or not isinstance(raw, bytes | bytearray):
        raise pickle.UnpicklingError("an array that is not made of numbers")
    sizes = shape if isinstance(shape, tuple) else ()
    if not sizes or not all(type(size) is int and size >= 0 for size in sizes):
        raise pickle.UnpicklingError("an array without a shape")
    if math.prod(sizes) * kind.dtype.itemsize != len(raw):
        raise pickle.UnpicklingError("an array whose shape does not fit its bytes")
    return np.frombuffer(bytes(raw), kind.dtype), sizes


def _empty_array(*_: object) -> _Array:
    return np.empty(0, np.uint8).view(_Array)


def _array(content: object, kind: object, shape: object, order: object) -> NDArray[Any]:
    flat, sizes = _checked(kind, shape, content)
    return flat.reshape(sizes, order="F" if order == "F" else "C").copy()


def _scalar(kind: object, content: object) -> object:
    return _checked(kind, (1,), content)[0][0]


def _latin1(text: object, encoding: object) -> bytes:
    if not isinstance(text, str) or encoding not in ("latin1", "latin-1"):
        raise pickle.UnpicklingError("text in another encoding")
    return text.encode("latin-1")


def _no_bytes() -> bytes:
    return b""  # what protocols 0 to 2 write for it: a call without arguments


def _table() -> Mapping[tuple[str, str], object]:
    """What a pickle may name: pickles of NumPy 1 and 2, of Python 2 and 3."""
    table: dict[tuple[str, str], object] = {
        ("numpy", "ndarray"): None,  # named as what to reconstruct, never called
        ("numpy", "dtype"): _Allowed(_ElementType),
        ("_codecs", "encode"): _Allowed(_latin1),
        ("__builtin__", "bytes"): _Allowed(_no_bytes),
    }
    for core in ("numpy.core", "numpy._core"):
        table[f"{core}.multiarray", "_reconstruct"] = _Allowed(_empty_array)
        table[f"{core}.multiarray", "scalar"] = _Allowed(_scalar)
        table[f"{core}.numeric", "_frombuffer"] = _Allowed(_array)
    return MappingProxyType(table)


_TABLE = _table()


_PurePython: Any = pickle._Unpickler


class _Unpickler(_PurePython):  # type: ignore[misc]
    """Looks names up in the table, in place of importing them, and at keys before they are hashed.

    (The one in Python: the other does not let itself be asked about keys.)
    """

    dispatch: ClassVar[dict[int, Callable[[Any], None]]] = dict(_PurePython.dispatch)

    def load_setitem(self) -> None:
        _validate_keys(self.stack[-2:-1])
        super().load_setitem()

    def load_setitems(self) -> None:
        _validate_keys(self.stack[::2])  # what came since the mark: key, value, key, value
        super().load_setitems()

    def load_dict(self) -> None:
        _validate_keys(self.stack[::2])
        super().load_dict()

    dispatch[pickle.SETITEM[0]] = load_setitem
    dispatch[pickle.SETITEMS[0]] = load_setitems
    dispatch[pickle.DICT[0]] = load_dict

    def find_class(self, module: str, name: str, /) -> Any:  # noqa: ANN401, it is a name's value
        if (module, name) not in _TABLE:
            raise DataError(f"it asks for {_shown(module, name)}, which is refused", hint=_HINT)
        return _TABLE[module, name]


def _validate_keys(keys: Sequence[object]) -> None:
    if not all(type(key) in (str, bytes) for key in keys):
        raise pickle.UnpicklingError("a key that is no text")


def _shown(module: str, name: str) -> str:
    r"""Return a name out of a file so that a terminal and a page can show it.

    >>> _shown("os", "system\x1b[2J")
    'os.system?[2J'
    """
    text = "".join(letter if letter.isprintable() else "?" for letter in f"{module}.{name}")
    return text if len(text) <= 80 else f"{text[:79]}…"


def _validate_program(content: bytes) -> None:
    """Read the pickle's instructions without following them; refuse what no plain one has."""
    end = 0
    for count, (opcode, argument, position) in enumerate(pickletools.genops(content)):
        end = (position or 0) + 1
        if opcode.name == "GLOBAL" and tuple(str(argument).split(" ", 1)) not in _TABLE:
            name = _shown(*str(argument).split(" ", 1))
            raise DataError(f"it asks for {name}, which is refused", hint=_HINT)
        if opcode.name in _REFUSED:
            raise DataError("it makes objects that are neither lists nor arrays", hint=_HINT)
        if opcode.name in ("PUT", "BINPUT", "LONG_BINPUT") and int(argument or 0) > count:
            raise DataError("it asks for more memory than it has content", hint=_HINT)
    if end != len(content):
        raise DataError("it goes on behind its end", hint=_HINT)


def restricted_loads(content: bytes, *, what: str = "The file") -> object:
    """Return what a pickle holds: containers, numbers, text, bytes and numpy arrays of numbers.

    Text that Python 2 has written is read as Latin-1, as torchvision does. Arrays share no memory
    with `content`; some are of a subclass of `numpy.ndarray`: take `numpy.asarray` of them.

    Args:
        content: the whole pickle.
        what: names it in an error ("The file data_batch_1").

    Raises:
        DataError: it asks for anything else (names it), is damaged, cut off, or no pickle. Nothing
            that it names is imported or called.

    >>> restricted_loads(pickle.dumps({"labels": [1, 2]}))
    {'labels': [1, 2]}
    >>> restricted_loads(pickle.dumps(print))
    Traceback (most recent call last):
    cnn_core.errors.DataError: The file is no plain pickle: it asks for builtins.print, which is
    refused.
    """
    try:
        _validate_program(content)
        return _Unpickler(io.BytesIO(content), encoding="latin1").load()
    except DataError as exc:
        raise DataError(f"{what} is no plain pickle: {exc.message}.", hint=exc.hint) from exc
    except _FAULTS as exc:
        raise DataError(
            f"{what} is damaged, cut off, or no batch of CIFAR at all.",
            hint="Copy or download it again.",
        ) from exc
