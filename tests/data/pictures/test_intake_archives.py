"""Zip files and names that mean harm; numbers are those of the list of bad inputs."""

import contextlib
import io
import random
import stat
import struct
import unicodedata
import zipfile

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from cnn_core.data.pictures import archive
from cnn_core.data.pictures.archive import ZipSource
from cnn_core.data.pictures.folder import FolderSource
from cnn_core.data.pictures.intake import take_in
from cnn_core.data.pictures.upload import UploadSource
from cnn_core.errors import DataError
from tests.data.picture_folders import flowers, left_behind, photo, write_folder, zip_of


def _with_entry(name, payload=b"x", **fields):
    """A zip of sound flowers and one entry whose header says what `fields` say."""
    entry = zipfile.ZipInfo(name)
    for field, value in fields.items():
        setattr(entry, field, value)
    return zip_of(flowers() | {entry: payload})


def _entry_of_type(kind):
    return _with_entry("rose/link.png", b"/etc/passwd", external_attr=(kind | 0o777) << 16)


def _patched(file, changes):
    """The zip in `file` with fields of its last central entry set: offset and format by value."""
    content = bytearray(file.getvalue())
    begin = content.rfind(b"PK\x01\x02")
    for offset, form, value in changes:
        struct.pack_into(form, content, begin + offset, value)
    return io.BytesIO(bytes(content))


def _encrypted():
    return _patched(zip_of(flowers() | {"rose/x.png": photo(7)}), [(8, "<H", 1)])


def _overlapping():
    """Two entries whose headers name the same bytes."""
    file = zip_of(flowers() | {"rose/x.png": photo(7)})
    with zipfile.ZipFile(file) as opened:
        first = opened.infolist()[0]
    return _patched(file, [(42, "<L", first.header_offset)])


def _shared_kernel():
    """Entries that each reach over all that follow: the overlap of a quine bomb."""
    file = zip_of(flowers() | {"rose/x.png": photo(7)}, method=zipfile.ZIP_STORED)
    content = bytearray(file.getvalue())
    begin = content.find(b"PK\x01\x02")
    struct.pack_into("<LL", content, begin + 20, 2_000, 2_000)
    return io.BytesIO(bytes(content))


def _bomb():
    return zip_of(flowers() | {f"rose/{n}.bmp": bytes(2**23) for n in range(8)})


def _nested():
    inner = zip_of({f"{n}.bmp": bytes(2**20) for n in range(8)}).getvalue()
    return zip_of(flowers() | {"rose/more.zip": inner})


REFUSED = {
    "38 parent folder": (lambda: _with_entry("../evil.png"), "not a path inside"),
    "38 parent folder within": (lambda: _with_entry("rose/../../evil.png"), "not a path inside"),
    "38 absolute": (lambda: _with_entry("/etc/evil.png"), "not a path inside"),
    "38 drive": (lambda: _with_entry("C:/evil.png"), "not a path inside"),
    "38 backslash": (lambda: _with_entry("rose\\evil.png"), "not a path inside"),
    "38 network path": (lambda: _with_entry("\\\\host\\evil.png"), "not a path inside"),
    "40 bomb by ratio": (_bomb, "50 times its size"),
    "41 overlapping entries": (_overlapping, "overlap"),
    "41 entries over entries": (_shared_kernel, "overlap"),
    "42 impossible size": (
        lambda: _patched(zip_of(flowers() | {"rose/x.png": photo(7)}), [(24, "<L", 2**31)]),
        "would unpack to",
    ),
    "not a zip": (lambda: io.BytesIO(b"PK\x03\x04 no zip"), "not a zip file"),
    "cut short": (lambda: io.BytesIO(zip_of(flowers()).getvalue()[:-30]), "not a zip file"),
    "empty": (lambda: io.BytesIO(b""), "not a zip file"),
    "no entry": (lambda: zip_of({}), "no class folders"),
}
LEFT_OUT = {
    "39 symbolic link": (lambda: _entry_of_type(stat.S_IFLNK), "symbolic link"),
    "39 device": (lambda: _entry_of_type(stat.S_IFCHR), "neither a file nor a folder"),
    "39 pipe": (lambda: _entry_of_type(stat.S_IFIFO), "neither a file nor a folder"),
    "40 archive in the archive": (_nested, "not a picture"),
    "42 declared too short": (
        lambda: _patched(zip_of(flowers() | {"rose/x.png": photo(7)}), [(24, "<L", 20)]),
        "damaged in the zip file",
    ),
    "43 encrypted": (_encrypted, "is encrypted"),
    "compressed in a way without bounds": (
        lambda: (
            _with_entry("rose/x.png", photo(7), compress_type=zipfile.ZIP_STORED)
            and _patched(zip_of(flowers() | {"rose/x.png": photo(7)}), [(10, "<H", 12)])
        ),
        "compressed in a way",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_as_a_whole_and_nothing_is_written(store, tmp_path, case):
    make, words = REFUSED[case]
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(DataError, match=words) as caught:
        take_in(store, ZipSource(make(), name="flowers.zip"))
    assert caught.value.hint
    assert "\n" not in caught.value.message
    assert left_behind(store) == []
    assert [path for path in tmp_path.rglob("*") if path.is_file() and path not in before] == []


@pytest.mark.parametrize("case", LEFT_OUT)
def test_one_entry_is_left_out_and_the_others_come_in(store, case):
    make, words = LEFT_OUT[case]
    snapshot = take_in(store, ZipSource(make(), name="flowers.zip"))
    assert len(snapshot.pictures) == 4
    (rejected,) = snapshot.rejected
    assert words in rejected.reason
    assert rejected.name.startswith("rose/")
    assert left_behind(store) == []


def test_40_bombs_by_count_by_total_and_by_the_list_of_contents(store, monkeypatch):
    with pytest.raises(DataError, match="at most 3 can be taken in"):
        take_in(store, ZipSource(zip_of(flowers()), max_files=3))
    with pytest.raises(DataError, match="would unpack to"):
        take_in(store, ZipSource(zip_of(flowers()), max_bytes=100))
    monkeypatch.setattr(archive, "MAX_DIRECTORY_BYTES", 100)
    with pytest.raises(DataError, match="list of contents"):
        take_in(store, ZipSource(zip_of(flowers())))


def test_42_what_counts_is_what_is_read_when_more_is_declared(store):
    file = _patched(zip_of(flowers() | {"rose/x.png": photo(7)}), [(24, "<L", 5_000)])
    snapshot = take_in(store, ZipSource(file))
    (picture,) = [p for p in snapshot.pictures if p.name == "rose/x.png"]
    assert picture.size == len(photo(7))


def test_44_of_two_entries_with_one_name_the_first_counts_and_the_other_is_reported(store):
    file = zip_of(flowers())
    with zipfile.ZipFile(file, "a") as opened, pytest.warns(UserWarning, match="Duplicate name"):
        opened.writestr("rose/0.png", photo(999))
    snapshot = take_in(store, ZipSource(file))
    (picture,) = [p for p in snapshot.pictures if p.name == "rose/0.png"]
    assert store.read(picture.sha256) == flowers()["rose/0.png"]
    (rejected,) = snapshot.rejected
    assert "same path" in rejected.reason


NAMES = {
    "500 characters": ("n" * 200 + "é" * 300, "n" * 79 + "…"),
    "right-to-left override": ("li\u202eyl", "liyl"),
    "NUL": ("li\0ly", "lily"),
    "reserved on Windows": ("CON", "CON"),
    "emoji": ("\U0001f339 roses", "\U0001f339 roses"),
    "composed afterwards": (unicodedata.normalize("NFD", "rosé"), "rosé"),
    "markup": ("<img onerror=alert(1)>", "<img onerror=alert(1)>"),
    "line break": ("li\nly", "lily"),
    "half a character": ("li\udc80ly", "lily"),
    "nothing that can be printed": ("\u202e\u200b", "unnamed"),
}


@pytest.mark.parametrize("case", NAMES)
def test_45_names_are_made_fit_to_be_shown_and_are_never_a_path(store, case):
    raw, shown = NAMES[case]
    files = {f"{raw}/{raw}{n}.png": photo(n) for n in range(2)} | flowers()
    upload = [(name, io.BytesIO(payload)) for name, payload in files.items()]
    snapshot = take_in(store, UploadSource(upload))
    assert snapshot.classes == tuple(sorted({shown, "rose", "tulip"}))
    names = [picture.name for picture in snapshot.pictures]
    assert len(snapshot.pictures) == 6
    assert all(len(name) <= 200 and name.isprintable() for name in names)
    stored = [path.name for path in store.home.rglob("*") if path.is_file()]
    assert all(set(name) <= set("0123456789abcdef") for name in stored if "." not in name)
    assert {name for name in stored if "." in name} == {"manifest.jsonl"}


def test_45_a_name_that_begins_with_nul_in_a_zip(store):
    content = zip_of(flowers() | {"rose/x.png": photo(7)}).getvalue()
    file = io.BytesIO(content.replace(b"rose/x.png", b"\0ose/x.png"))
    snapshot = take_in(store, ZipSource(file))
    assert [p.name for p in snapshot.pictures if p.label == "ose"] == ["ose/x.png"]


def test_45_classes_that_look_alike_after_cleaning_stay_two(store):
    long = "a" * 400
    files = {f"{long}{n}/1.png": photo(n) for n in range(3)}
    upload = [(name, io.BytesIO(payload)) for name, payload in files.items()]
    snapshot = take_in(store, UploadSource(upload))
    assert len(snapshot.classes) == 3
    assert all(len(label) <= 80 for label in snapshot.classes)
    assert "3 class folders" in snapshot.notes[0]


def test_45_the_same_class_composed_and_not_is_one(store):
    names = [unicodedata.normalize(form, "rosé/") for form in ("NFC", "NFD")]
    files = [(f"{name}{n}.png", io.BytesIO(photo(n))) for n, name in enumerate(names)]
    assert take_in(store, UploadSource(files)).classes == ("rosé",)


def test_a_name_in_utf_8_that_the_archive_does_not_call_so_is_read(store):
    content = zip_of({f"rosé/{n}.png": photo(n) for n in range(2)}).getvalue()
    unflagged = content.replace(b"\x00\x08\x00\x00", b"\x00\x00\x00\x00").replace(
        b"\x00\x08\x08\x00", b"\x00\x00\x08\x00"
    )
    with zipfile.ZipFile(io.BytesIO(unflagged)) as opened:
        assert "rosé" not in opened.namelist()[0]
    assert take_in(store, ZipSource(io.BytesIO(unflagged))).classes == ("rosé",)


def test_a_folder_an_upload_and_a_zip_of_the_same_pictures_are_one_snapshot(store, tmp_path):
    files = flowers()
    folder = take_in(store, FolderSource(write_folder(tmp_path / "flowers", files)))
    shuffled = list(files.items())
    random.Random(1).shuffle(shuffled)
    upload = take_in(store, UploadSource([(f"top/{n}", io.BytesIO(p)) for n, p in shuffled]))
    path = tmp_path / "packed.zip"
    path.write_bytes(zip_of(files).getvalue())
    assert folder.id == upload.id == take_in(store, ZipSource(path)).id
    assert len(store.snapshots()) == 1


def test_an_upload_is_held_to_its_limits_and_bad_paths_are_left_out(store):
    def files(*names):
        return [(name, io.BytesIO(photo(n))) for n, name in enumerate(names)]

    with pytest.raises(DataError, match="at most 1 can"):
        take_in(store, UploadSource(files("a/1.png", "b/1.png"), max_files=1))
    with pytest.raises(DataError, match="as much as an upload may bring"):
        take_in(store, UploadSource(files("a/1.png", "b/1.png"), max_bytes=10))
    snapshot = take_in(
        store, UploadSource(files("a/1.png", "../1.png", "b/1.png", "b/../../2.png"))
    )
    assert [rejected.name for rejected in snapshot.rejected] == ["../1.png", "b/../../2.png"]


SOUND = zip_of(flowers(each=1)).getvalue()


@settings(max_examples=100)
@given(st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), max_size=6), st.booleans())
def test_an_archive_with_some_bytes_changed_is_read_or_refused_never_more(changes, at_the_end):
    """`at_the_end`: in the list of contents, which says where everything else is."""
    damaged = bytearray(SOUND)
    first = damaged.find(b"PK\x01\x02") if at_the_end else 0
    for place, value in changes:
        damaged[first + int(place * (len(damaged) - first))] = value
    try:
        with ZipSource(io.BytesIO(bytes(damaged))).opened() as listing:
            for file in listing.files:
                with contextlib.suppress(DataError):
                    assert len(file.read()) <= 32 * 2**20
    except DataError as exc:
        event(exc.message)
