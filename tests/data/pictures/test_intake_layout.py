"""Folders as people have them: classes, parts, nesting; numbers are of the list of bad inputs."""

import os
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnn_core.data.pictures.doctor import examine
from cnn_core.data.pictures.folder import FolderSource, resolve_server_path
from cnn_core.data.pictures.intake import source_at, take_in
from cnn_core.data.pictures.layout import arrange
from cnn_core.data.pictures.names import clean_name, split_path
from cnn_core.errors import DataError
from tests.data.picture_folders import flowers, left_behind, photo, write_folder, zip_of


def _arranged(*names):
    """Part, class and name of each file that has a place."""
    return [(p.part, p.label, p.name) for p in arrange([split_path(n) for n in names]).places]


LAYOUTS = {
    "class folders": (["a/1", "b/1"], [(None, "a", "a/1"), (None, "b", "b/1")]),
    "46 one class only": (["a/1", "a/2"], [(None, "a", "a/1"), (None, "a", "a/2")]),
    "49 nested": (["a/x/1", "b/1"], [(None, "a", "a/x/1"), (None, "b", "b/1")]),
    "49 deeper": (["a/x/y/1", "b/z/1"], [(None, "a", "a/x/y/1"), (None, "b", "b/z/1")]),
    "a folder around": (["top/a/1", "top/b/1"], [(None, "a", "a/1"), (None, "b", "b/1")]),
    "two folders around": (["o/top/a/1", "o/top/b/1"], [(None, "a", "a/1"), (None, "b", "b/1")]),
    "a file beside": (["top/a/1", "top/b/1", "read.me"], [(None, "a", "a/1"), (None, "b", "b/1")]),
    "parts": (
        ["train/a/1", "val/a/1", "test/a/1"],
        [("train", "a", "train/a/1"), ("valid", "a", "val/a/1"), ("test", "a", "test/a/1")],
    ),
    "parts by other names": (
        ["Training/a/1", "VALID/a/1", "Validation/a/2", "Testing/a/1"],
        [
            ("train", "a", "Training/a/1"),
            ("valid", "a", "VALID/a/1"),
            ("valid", "a", "Validation/a/2"),
            ("test", "a", "Testing/a/1"),
        ],
    ),
    "parts in a folder": (
        ["top/train/a/1", "top/val/a/1"],
        [("train", "a", "train/a/1"), ("valid", "a", "val/a/1")],
    ),
    "train alone": (["train/a/1", "train/b/1"], [("train", n, f"train/{n}/1") for n in "ab"]),
    "49 nested in parts": (["train/a/x/1"], [("train", "a", "train/a/x/1")]),
    "parts below classes": (
        ["a/train/1", "b/val/1"],
        [(None, "a", "a/train/1"), (None, "b", "b/val/1")],
    ),
    "a class called test": (["a/1", "test/1"], [(None, "a", "a/1"), (None, "test", "test/1")]),
}


@pytest.mark.parametrize("case", LAYOUTS)
def test_which_class_and_part_a_file_belongs_to(case):
    names, wanted = LAYOUTS[case]
    assert _arranged(*names) == wanted


OUTSIDE = {
    "beside the classes": (["a/1", "b/1", "read.me"], "read.me", "outside the class folders"),
    "beside the parts": (["train/a/1", "x/1"], "x/1", "outside the folders train/"),
    "in a part": (["train/a/1", "test/1"], "test/1", "outside the class folders"),
    "44 twice": (["a/1", "b/1", "a/1"], "a/1", "same path"),
}


@pytest.mark.parametrize("case", OUTSIDE)
def test_what_belongs_to_no_class_is_left_out_with_its_reason(case):
    names, left_out, words = OUTSIDE[case]
    (rejected,) = arrange([split_path(name) for name in names]).rejected
    assert rejected.name == left_out
    assert words in rejected.reason


REFUSED = {
    "48 no class folders": (["1", "2", "3"], "no class folders"),
    "nothing": ([], "no class folders"),
    "hidden files alone": ([".DS_Store", "__MACOSX/a/1"], "no class folders"),
    "parts without classes": (["train/1", "val/1"], "no class folders in them"),
    "no train": (["val/a/1", "test/a/1"], "no train/ with class folders"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_layout_without_classes_is_refused_with_what_to_do(case):
    names, words = REFUSED[case]
    with pytest.raises(DataError, match=words) as caught:
        _arranged(*names)
    assert "folder" in caught.value.hint


def test_files_of_the_system_are_passed_over_and_counted():
    hidden = [".DS_Store", "a/.DS_Store", "a/Thumbs.db", "__MACOSX/a/._1", ".git/x/y", "b/._1"]
    found = arrange([split_path(name) for name in ("a/1", *hidden, "b/1")])
    assert [place.name for place in found.places] == ["a/1", "b/1"]
    assert found.rejected == ()
    assert found.notes == ("6 hidden files or files of the operating system are passed over.",)


def test_the_rules_that_were_applied_are_noted():
    notes = arrange([split_path(name) for name in ("train/a/x/1", "train/b/1", "val/a/1")]).notes
    assert "train/, val/ are taken as the parts" in notes[0]
    assert notes[1].startswith("1 files lie")


FOR_THE_DOCTOR = {
    "46 one class only": ({"rose/a.png": 1, "rose/b.png": 2}, "one-class"),
    "47 a class of one picture": (
        {"rose/a.png": 1, "rose/b.png": 2, "lily/a.png": 3},
        "small-class",
    ),
    "50 in two classes": (
        {"rose/a.png": 1, "lily/b.png": 1, "rose/c.png": 2, "lily/d.png": 3},
        "across-classes",
    ),
    "50 in train and val": (
        {"train/rose/a.png": 1, "val/rose/b.png": 1, "train/lily/a.png": 2, "val/lily/b.png": 3},
        "across-parts",
    ),
}


@pytest.mark.parametrize("case", FOR_THE_DOCTOR)
def test_what_can_be_taken_in_but_not_trained_on_as_it_is_is_found(store, tmp_path, case):
    seeds, kind = FOR_THE_DOCTOR[case]
    files = {name: photo(seed, side=48) for name, seed in seeds.items()}
    snapshot = take_in(store, FolderSource(write_folder(tmp_path / "brought", files)))
    assert len(snapshot.pictures) == len(files)
    (finding,) = [finding for finding in examine(snapshot).findings if finding.kind == kind]
    assert finding.hint


def test_a_single_picture_is_refused(store, tmp_path):
    folder = write_folder(tmp_path / "single", {"rose/1.png": photo(1)})
    with pytest.raises(DataError, match="Only one picture") as caught:
        take_in(store, FolderSource(folder))
    assert caught.value.hint
    assert left_behind(store) == []


@pytest.mark.parametrize(
    ("one", "other"), [("rose/a.png", "tulip/b.png"), ("train/rose/a.png", "val/rose/b.png")]
)
def test_50_the_same_picture_twice_is_two_pictures_and_is_kept_once(store, tmp_path, one, other):
    files = {one: photo(1), other: photo(1), "train/rose/c.png": photo(2)}
    if not one.startswith("train"):
        files["rose/c.png"] = files.pop("train/rose/c.png")
    snapshot = take_in(store, FolderSource(write_folder(tmp_path / "brought", files)))
    assert len(snapshot.pictures) == 3
    assert len({picture.sha256 for picture in snapshot.pictures}) == 2
    assert len(list((store.home / "objects").glob("*/*"))) == 2


def test_a_class_without_a_readable_picture_is_named(store, tmp_path):
    folder = write_folder(tmp_path / "brought", flowers() | {"lily/1.png": b"no picture"})
    snapshot = take_in(store, FolderSource(folder))
    assert snapshot.classes == ("rose", "tulip")
    assert snapshot.notes == (
        "The class folder 'lily' holds no picture that can be read: the class is left out.",
    )


def test_links_and_pipes_in_a_folder_are_not_followed(store, tmp_path):
    secret = write_folder(tmp_path / "secret", flowers(classes=("lily",)))
    folder = write_folder(tmp_path / "brought", flowers())
    (folder / "rose" / "link.png").symlink_to(secret / "lily" / "0.png")
    (folder / "lily").symlink_to(secret / "lily")
    os.mkfifo(folder / "rose" / "pipe.png")
    snapshot = take_in(store, FolderSource(folder))
    assert snapshot.classes == ("rose", "tulip")
    assert {rejected.name for rejected in snapshot.rejected} == {
        "lily", "rose/link.png", "rose/pipe.png",
    }  # fmt: skip


def test_a_file_that_has_become_a_link_or_a_pipe_is_not_opened(store, tmp_path):
    folder = write_folder(tmp_path / "brought", flowers(each=3))
    with FolderSource(folder).opened() as listing:
        first, second, *_ = listing.files
        path = folder.joinpath(*first.parts)
        path.unlink()
        path.symlink_to(folder.joinpath(*second.parts))
        with pytest.raises(DataError, match="cannot be read"):
            first.read()
        path.unlink()
        os.mkfifo(path)
        with pytest.raises(DataError, match="neither a file nor a folder"):
            first.read()


def test_a_folder_with_too_many_files_is_refused(tmp_path):
    folder = write_folder(tmp_path / "brought", flowers(each=2))
    with (
        pytest.raises(DataError, match="at most 3 can be taken in"),
        FolderSource(folder, max_files=3).opened(),
    ):
        pass


def test_what_is_at_a_path_is_a_folder_or_a_zip_file(store, tmp_path):
    write_folder(tmp_path / "flowers", flowers())
    (tmp_path / "flowers.zip").write_bytes(zip_of(flowers()).getvalue())
    (tmp_path / "notes.txt").write_text("no zip")
    ids = {take_in(store, source_at(tmp_path / name)).id for name in ("flowers", "flowers.zip")}
    assert len(ids) == 1
    with pytest.raises(DataError, match="not a zip file"):
        take_in(store, source_at(tmp_path / "notes.txt"))
    with pytest.raises(DataError, match="no folder or zip file 'nothing'"):
        source_at(tmp_path / "nothing")


def test_server_paths_stay_below_the_open_folder(tmp_path):
    browse = write_folder(tmp_path / "open", flowers())
    (tmp_path / "secret").mkdir()
    (browse / "out").symlink_to(tmp_path / "secret")
    (browse / "in").symlink_to(browse / "rose")
    assert resolve_server_path("rose", browse) == (browse / "rose").resolve()
    assert resolve_server_path(str(browse / "rose"), browse) == (browse / "rose").resolve()
    assert resolve_server_path(" in ", browse) == (browse / "rose").resolve()
    assert resolve_server_path(".", browse) == browse.resolve()
    for text in ("..", "../secret", str(tmp_path / "secret"), "out", "/", "no", "rose/../..", "\0"):
        with pytest.raises(DataError, match="There is no folder or zip file") as caught:
            resolve_server_path(text, browse)
        assert str(browse) not in caught.value.message + caught.value.hint
    with pytest.raises(DataError, match="No folder of this server is open"):
        resolve_server_path("rose", None)


@given(st.text(max_size=120))
def test_a_cleaned_name_can_be_printed_is_short_and_stays_as_it_is(raw):
    name = clean_name(raw, longest=80)
    assert 0 < len(name) <= 80
    assert name.isprintable()
    assert clean_name(name, longest=80) == name


_part = st.text(string.ascii_letters + "./\\:\0é", min_size=1, max_size=6)


@given(st.lists(_part, min_size=1, max_size=5).map("/".join))
def test_a_path_is_taken_apart_within_its_folder_or_refused(raw):
    try:
        parts = split_path(raw)
    except DataError:
        return
    assert parts
    assert not {"", ".", ".."} & {*parts}
    assert not any("/" in part or "\\" in part for part in parts)


_name = st.sampled_from(["train", "Val", "test", "a", "b", ".x", "Thumbs.db", "\u202e", "é" * 90])
_path = st.lists(_name, min_size=1, max_size=4).map(tuple)


@given(st.lists(_path, max_size=12))
def test_every_file_has_a_place_or_a_reason_or_is_of_the_system(paths):
    try:
        found = arrange(paths)
    except DataError:
        return
    indices = [place.index for place in found.places]
    assert len(set(indices)) == len(indices)
    hidden = sum(any(part in (".x", "Thumbs.db") for part in path) for path in paths)
    assert len(found.places) + len(found.rejected) + hidden == len(paths)
    assert all(0 < len(place.label) <= 80 for place in found.places)
    parts = {place.part for place in found.places}
    assert parts == {None} or None not in parts
