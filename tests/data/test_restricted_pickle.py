"""Pickles that do more than hold arrays: refused by name, and nothing of them happens."""

import contextlib
import io
import os
import pickle
import struct
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from cnn_core.data.restricted_pickle import restricted_loads
from cnn_core.errors import DataError

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)
_plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(value=_plain, protocol=st.sampled_from(PROTOCOLS))
def test_plain_containers_come_as_they_are(value, protocol):
    assert restricted_loads(pickle.dumps(value, protocol)) == value


@given(
    array=arrays.arrays(
        arrays.boolean_dtypes() | arrays.integer_dtypes() | arrays.floating_dtypes(),
        arrays.array_shapes(max_dims=3, max_side=4, min_side=0),
    ),
    protocol=st.sampled_from(PROTOCOLS),
    by_columns=st.booleans(),
)
def test_arrays_of_numbers_come_as_they_are(array, protocol, by_columns):
    made = np.asfortranarray(array) if by_columns else array
    content = pickle.dumps({"nested": [made, made]}, protocol)
    found = restricted_loads(content)["nested"]
    assert found[0] is found[1]
    assert found[0].dtype == pickle.loads(content)["nested"][0].dtype
    np.testing.assert_array_equal(np.asarray(found[0]), array)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_numbers_of_numpy_and_bytes(protocol):
    value = [np.int64(-3), np.uint8(200), np.float32(0.5), b"\x00\xff", (1, "é")]
    assert restricted_loads(pickle.dumps(value, protocol)) == value


def test_what_python_2_and_numpy_1_wrote():
    """As in the published batches: `str` for bytes, and NumPy's old name."""
    raw = bytes(range(250, 256))
    written = (
        b"\x80\x02}q\x01(U\x04dataq\x02cnumpy.core.multiarray\n_reconstruct\nq\x03cnumpy\nndarray\n"
        b"q\x04K\x00\x85q\x05U\x01bq\x06\x87q\x07Rq\x08(K\x01K\x02K\x03\x86q\x09cnumpy\ndtype\nq\x0a"
        b"U\x02u1q\x0bK\x00K\x01\x87q\x0cRq\x0d(K\x03U\x01|q\x0eNNNJ\xff\xff\xff\xffJ\xff\xff\xff"
        b"\xffK\x00tq\x0fb\x89U\x06" + raw + b"q\x10tq\x11bU\x06labelsq\x12]q\x13(K\x07K\x08eu."
    )
    found = restricted_loads(written)
    assert found["data"].tobytes() == raw
    assert found["data"].shape == (2, 3)
    assert found["labels"] == [7, 8]


class _Calls:
    """Pickles to a call of a function."""

    def __init__(self, function, *values):
        self.call = (function, values)

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    ("function", "values", "name"),
    [
        (os.system, ("touch {}",), "posix.system"),
        (eval, ("open('{}', 'w')",), "builtins.eval"),
        (subprocess.Popen, (["touch", "{}"],), "subprocess.Popen"),
        (Path.touch, (Path("{}"),), "getattr"),
        (np.load, ("{}",), "numpy.load"),
        (np.lib.format.open_memmap, ("{}", "w+", "u1", (9,)), "open_memmap"),
    ],
)
def test_what_it_wants_to_call_is_named_and_not_called(tmp_path, protocol, function, values, name):
    made = tmp_path / "made"

    def filled(value):
        if isinstance(value, list):
            return [filled(part) for part in value]
        return type(value)(str(value).format(made)) if isinstance(value, str | Path) else value

    content = pickle.dumps({"data": _Calls(function, *map(filled, values))}, protocol)
    with pytest.raises(DataError) as caught:
        restricted_loads(content, what="The file data_batch_1")
    assert caught.value.message.startswith("The file data_batch_1 is no plain pickle: it ")
    if "Path" not in str(function):
        assert name.split(".")[-1] in caught.value.message or "neither lists" in str(caught.value)
    assert not made.exists()


def _text(value: str) -> bytes:
    return b"\x8c" + bytes([len(value)]) + value.encode()


def _global(module: str, name: str) -> bytes:
    return _text(module) + _text(name) + b"\x93"


_CORE, _DTYPE = "numpy._core.multiarray", _global("numpy", "dtype")
_U1 = _DTYPE + _text("u1") + b"\x85R"
_EMPTY = _global(_CORE, "_reconstruct") + b")R"


@pytest.mark.parametrize(
    "program",
    [
        pytest.param(b"cos\nsystem\nX\x02\x00\x00\x00ls\x85R.", id="old global"),
        pytest.param(b"(ios\nsystem\n.", id="inst"),
        pytest.param(b"(" + _global("builtins", "list") + b"o.", id="obj"),
        pytest.param(_global("builtins", "list") + b")\x81.", id="newobj"),
        pytest.param(b"\x82\x01.", id="extension"),
        pytest.param(b"Pname\n.", id="persistent id"),
        pytest.param(b"\x97.", id="buffer from outside"),
        pytest.param(_global(_CORE, "scalar") + b"}" + _text("x") + b"K\x01sb.", id="function"),
        pytest.param(_DTYPE + b"N}" + _text("__call__") + b"Ns\x86b.", id="slots of a function"),
        pytest.param(_global("numpy", "ndarray") + b")R.", id="calls the class"),
        pytest.param(_DTYPE + _text("O") + b"\x85R.", id="objects"),
        pytest.param(_DTYPE + _text("V999999999") + b"\x85R.", id="void"),
        pytest.param(_U1 + b"(K\x03" + _text("|") + b"N(" + _text("a") + b"ttNtb.", id="fields"),
        pytest.param(
            _EMPTY + b"(K\x01" + b"J\xff\xff\xff\x7f\x85" + _U1 + b"\x89C\x01xtb.", id="shape"
        ),
        pytest.param(_EMPTY + b"(K\x01J\xff\xff\xff\xff\x85" + _U1 + b"\x89C\x01xtb.", id="minus"),
        pytest.param(_EMPTY + b"(K\x01K\x01\x85N\x89C\x01xtb.", id="no element type"),
        pytest.param(
            _global("_codecs", "encode") + _text("a") + _text("zip") + b"\x86R.", id="zip"
        ),
        pytest.param(b"Nr" + struct.pack("<I", 2**32 - 1) + b".", id="a memo of gigabytes"),
        pytest.param(b"\x8e" + struct.pack("<Q", 2**60) + b"x.", id="bytes without end"),
        pytest.param(b"N.N.", id="goes on"),
        pytest.param(b"", id="empty"),
        pytest.param(b".", id="nothing on the stack"),
        pytest.param(b"\x80\x63.", id="protocol 99"),
        pytest.param(b"\x1f\x8b compressed", id="no pickle"),
    ],
)
def test_programs_that_are_no_plain_pickles(program):
    with pytest.raises(DataError) as caught:
        restricted_loads(b"\x80\x04" + program if program else b"")
    assert "\n" not in caught.value.message
    assert caught.value.hint


@given(
    cut=st.integers(0, 200), place=st.integers(0, 200), byte=st.integers(0, 255), keep=st.booleans()
)
def test_damage_is_one_sentence_or_harmless(cut, place, byte, keep):
    buffer = io.BytesIO()
    pickle.dump({"data": np.arange(6, dtype=np.uint8).reshape(2, 3), "labels": [1, 2]}, buffer)
    content = bytearray(buffer.getvalue())
    content[place % len(content)] = byte
    with contextlib.suppress(DataError):  # anything else fails
        restricted_loads(bytes(content if keep else content[: cut % len(content)]))


@pytest.mark.parametrize("how", ["SETITEM", "SETITEMS", "DICT", "EMPTY_SET"])
@pytest.mark.parametrize("deep", [True, False])
def test_keys_that_would_be_hashed_for_ever_are_refused_before(how, deep):
    """Many tuples in one another end a process; sixty that double the work never end."""
    key = b"K\x01" + (b"\x85" * 200_000 if deep else b"2\x86" * 60)
    program = {
        "SETITEM": b"}" + key + b"K\x02s.",
        "SETITEMS": b"}(" + key + b"K\x02u.",
        "DICT": b"(" + key + b"K\x02d.",
        "EMPTY_SET": b"\x8f(" + key + b"\x90.",
    }[how]
    with pytest.raises(DataError):
        restricted_loads(b"\x80\x04" + program)


def test_keys_are_text():
    with pytest.raises(DataError):
        restricted_loads(pickle.dumps({10**5000: 1}))
    assert restricted_loads(pickle.dumps({b"data": 1, "labels": 2})) == {b"data": 1, "labels": 2}
