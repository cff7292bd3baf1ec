"""Which triage models there are, made ready once and kept."""

import shutil
import threading
from concurrent.futures import ThreadPoolExecutor

import filelock
import pytest

from cnn_core.errors import RunStateError, UnknownNameError, WeightsError
from cnn_core.results.films import FilmSet
from cnn_core.runtime import triage_memory, triage_models, triage_sources
from cnn_core.runtime.files import TEMPORARY, WEIGHTS_FILE
from cnn_core.runtime.groups import create_group
from cnn_core.runtime.kept_audits import keep_audit
from cnn_core.runtime.kept_gate import GATE_FILE
from cnn_core.runtime.store import RunStore
from cnn_core.runtime.triage_description import DESCRIPTION_FILE, FILES, NETWORK_FILE
from cnn_core.runtime.triage_memory import read_once, stamp_of
from cnn_core.runtime.triage_model import read_model
from cnn_core.runtime.triage_models import (
    DEMONSTRATION,
    GIVEN,
    make_ready,
    model_for,
    triage_choices,
)
from cnn_core.runtime.triage_reference import REFERENCE_FILE
from cnn_core.runtime.xray_runs import film_store
from cnn_core.runtime.xray_study import STUDY_FILE
from cnn_core.settings import Settings
from tests.film_sets import red_audit, stored_film_set
from tests.film_studies import finish, requests_of
from tests.serving.small_model import write_small_model


@pytest.fixture
def settings(tmp_path):
    return Settings.from_environment({"CNN_LAB_HOME": str(tmp_path / "home")})


@pytest.fixture
def exports(monkeypatch):
    """Write a small model where a process of its own would export; what was asked for."""
    asked = []

    def export(settings, source, out, progress):
        progress(0, 4, "Opening the network")
        asked.append(source)
        write_small_model(out, seed=len(asked))

    monkeypatch.setattr(triage_models, "_export", export)
    return asked


def given(tmp_path, folder):
    home = str(tmp_path / "home")
    return Settings.from_environment({"CNN_LAB_HOME": home, "CNN_LAB_TRIAGE_MODEL": str(folder)})


def test_a_bare_machine_has_those_that_come_along_and_none_is_ready(settings):
    choices = triage_choices(settings)
    assert choices[0].id == DEMONSTRATION
    assert not choices[0].synthetic
    assert not any(choice.ready for choice in choices)
    assert not settings.triage.exists()
    with pytest.raises(RunStateError, match="not ready yet"):
        model_for(settings, DEMONSTRATION)


def test_a_model_is_made_ready_once_and_read_once(settings, exports):
    told = []
    folder = make_ready(settings, DEMONSTRATION, lambda *said: told.append(said))
    assert told == [(0, 4, "Opening the network")]
    assert folder.is_relative_to(settings.triage)
    assert make_ready(settings, DEMONSTRATION) == folder
    assert exports == [DEMONSTRATION]
    assert triage_choices(settings)[0].ready
    model = model_for(settings, DEMONSTRATION)
    assert model_for(settings, DEMONSTRATION) is model
    assert model_for(settings, DEMONSTRATION, threads=2) is not model
    shutil.rmtree(folder)
    write_small_model(folder, seed=9)
    assert model_for(settings, DEMONSTRATION).sha256 != model.sha256


def test_two_at_once_make_one(settings, exports):
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(make_ready(settings, DEMONSTRATION)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(found) == 4
    assert len(set(found)) == 1
    assert exports == [DEMONSTRATION]


def test_a_half_written_folder_is_made_anew(settings, exports):
    folder = make_ready(settings, DEMONSTRATION)
    (folder / DESCRIPTION_FILE).unlink()
    left = folder.with_name(f"{TEMPORARY}of-one-that-was-killed")
    left.mkdir()
    assert not triage_choices(settings)[0].ready
    assert make_ready(settings, DEMONSTRATION) == folder
    assert model_for(settings, DEMONSTRATION).title == "Small model 2"
    assert not left.exists()


def test_other_weights_are_another_model_and_the_last_but_one_stays(settings, exports, monkeypatch):
    folders = []
    for digest in ("a" * 64, "b" * 64, "c" * 64):
        monkeypatch.setattr(triage_models, "source_digest", lambda *given, it=digest: it)
        folders.append(make_ready(settings, DEMONSTRATION))
    assert [folder.exists() for folder in folders] == [False, True, True]


def test_the_model_that_the_settings_name_is_the_only_one(tmp_path):
    folder = write_small_model(tmp_path / "mine")
    settings = given(tmp_path, folder)
    (choice,) = triage_choices(settings)
    assert (choice.id, choice.title, choice.synthetic) == (GIVEN, "Small model 0", True)
    assert choice.ready
    assert make_ready(settings, GIVEN) == folder
    assert model_for(settings, GIVEN).title == "Small model 0"
    with pytest.raises(WeightsError, match="no triage model where CNN_LAB_TRIAGE_MODEL points"):
        triage_choices(given(tmp_path, tmp_path))


@pytest.mark.parametrize("name", ["../other", "no-such-study", ""])
def test_what_is_no_model_is_said(settings, name):
    with pytest.raises(UnknownNameError):
        make_ready(settings, name)
    with pytest.raises(UnknownNameError):
        model_for(settings, name)
    with pytest.raises(UnknownNameError):
        model_for(settings, GIVEN)


@pytest.fixture
def study(settings):
    """A study whose served model has finished, and the folder of that run."""
    films: FilmSet = stored_film_set(film_store(settings), patients=50, films_each=2, drawn=False)
    keep_audit(film_store(settings), red_audit(films))
    store = RunStore(settings.runs)
    records, _ = create_group(store, requests_of(settings, films))
    served = next(record for record in records if not record.config.fold)
    assert triage_sources.BUNDLED.keys() >= {each.id for each in triage_choices(settings)}
    with pytest.raises(RunStateError, match="has no served model"):
        make_ready(settings, served.group)
    finish(store, served)
    return served.group, store.run_folder(served.id), films.title


def test_a_study_is_offered_once_it_was_evaluated(settings, study, exports):
    group, folder, title = study

    def offered(owner=None):
        return {each.id: each for each in triage_choices(settings, owner)}.get(group)

    assert offered() is None
    with pytest.raises(RunStateError, match="was not evaluated yet"):
        make_ready(settings, group)
    for name in (WEIGHTS_FILE, STUDY_FILE, GATE_FILE):
        (folder / name).write_bytes(name.encode())
    assert offered().title == title
    assert not offered().ready
    with pytest.raises(WeightsError, match=f"{REFERENCE_FILE} of this model is missing"):
        make_ready(settings, group)
    (folder / REFERENCE_FILE).write_bytes(b"reference")
    first = make_ready(settings, group)
    assert offered().ready
    assert offered("ada") is not None
    (folder / STUDY_FILE).write_bytes(b"evaluated again")
    assert not offered().ready
    assert make_ready(settings, group) != first
    assert exports == [group, group]


def test_the_process_that_exports_says_in_a_sentence_what_is_wrong(settings, tmp_path):
    with pytest.raises(WeightsError, match="no study named 'no-such-study'"):
        triage_models._export(settings, "no-such-study", tmp_path / "model", lambda *said: None)
    assert list(tmp_path.iterdir()) == [tmp_path / "home"]


def truncated(folder):
    payload = (folder / NETWORK_FILE).read_bytes()
    (folder / NETWORK_FILE).write_bytes(payload[:-100])


def test_a_damaged_model_that_is_kept_is_made_anew(settings, exports):
    folder = make_ready(settings, DEMONSTRATION)
    truncated(folder)
    assert make_ready(settings, DEMONSTRATION) == folder
    assert model_for(settings, DEMONSTRATION).title == "Small model 2"
    truncated(folder)
    description = folder / DESCRIPTION_FILE
    description.write_bytes(description.read_bytes() + b"\n")  # another stamp: not in memory
    with pytest.raises(WeightsError, match=f"{NETWORK_FILE} of this triage model is damaged"):
        model_for(settings, DEMONSTRATION)
    assert not triage_choices(settings)[0].ready  # so that the page offers to make it ready
    with pytest.raises(RunStateError, match="not ready yet"):
        model_for(settings, DEMONSTRATION)
    make_ready(settings, DEMONSTRATION)
    assert model_for(settings, DEMONSTRATION).title == "Small model 3"
    assert sorted(each.name for each in folder.iterdir()) == sorted([*FILES, DESCRIPTION_FILE])


def test_a_damaged_model_that_the_settings_name_is_left_as_it_is(tmp_path):
    folder = write_small_model(tmp_path / "mine")
    truncated(folder)
    settings = given(tmp_path, folder)
    with pytest.raises(WeightsError, match="is damaged"):
        model_for(settings, GIVEN)
    assert (folder / DESCRIPTION_FILE).exists()


def test_nobody_waits_for_another_export_without_end(settings, exports, monkeypatch):
    folder = make_ready(settings, DEMONSTRATION)
    shutil.rmtree(folder)
    monkeypatch.setattr(triage_models, "_MOST_WAIT", 0.05)
    lock = filelock.FileLock(triage_models._lock_of(folder), thread_local=False)
    told = []
    with lock, pytest.raises(RunStateError, match=r"made ready elsewhere.* 0\.05 seconds"):
        make_ready(settings, DEMONSTRATION, lambda *said: told.append(said[-1]))
    assert told == ["Waiting: this model is being made ready elsewhere"]
    assert exports == [DEMONSTRATION]


def test_nobody_waits_for_another_model_that_is_read(tmp_path, monkeypatch):
    slow, other = (write_small_model(tmp_path / str(seed), seed=seed) for seed in range(2))
    begun, go, read = threading.Event(), threading.Event(), []

    def reading(folder, *, threads):
        read.append(folder)
        if folder == slow:
            begun.set()
            assert go.wait(30)
        return read_model(folder, threads=threads)

    monkeypatch.setattr(triage_memory, "read_model", reading)

    def ask(folder, wait=30.0):
        return read_once(folder, stamp_of(folder), threads=1, wait=wait)

    with ThreadPoolExecutor(2) as threads:
        waiting = [threads.submit(ask, slow) for _ in range(2)]
        assert begun.wait(30)
        assert ask(other).title == "Small model 1"
        with pytest.raises(RunStateError, match=r"not read within 0\.01 seconds"):
            ask(slow, wait=0.01)
        go.set()
        assert waiting[0].result() is waiting[1].result() is ask(slow)
    assert read.count(slow) == read.count(other) == 1
    monkeypatch.setattr(triage_memory, "MOST", 1)
    again = write_small_model(tmp_path / "2", seed=2)
    assert ask(again) is ask(again)
    assert ask(other) is ask(other)
    assert read.count(other) == 2  # the one that was asked for longest ago had to go
