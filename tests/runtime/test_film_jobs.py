"""Work on films beside the page: what crosses from the worker, turns, Stop, and what is kept."""

import contextlib
import io
import json
import stat
import threading

import pytest

from cnn_core.errors import ConfigError
from cnn_core.results.films import FilmProgress
from cnn_core.runtime import film_jobs, film_worker
from cnn_core.runtime.film_jobs import FilmJob, FilmJobState, job_seconds_left, job_share
from cnn_core.runtime.film_work import Stopped, counting_later
from cnn_core.runtime.film_worker import Reporter, do, watch
from cnn_core.runtime.kept_audits import keep_audit, kept_audit, kept_protocols
from cnn_core.runtime.xray_runs import film_store
from cnn_core.settings import Settings
from tests.film_sets import film_set, red_audit

SECONDS = 120


@pytest.fixture
def settings(tmp_path):
    return Settings.from_environment({"CNN_LAB_HOME": str(tmp_path / "home")})


def now(stage="Reading films", done=1, total=10, **more):
    return FilmProgress(stage=stage, done=done, total=total, seconds=1.0, **more)


def test_an_error_of_the_worker_comes_as_its_sentence(settings, tmp_path):
    ended = threading.Event()
    (tmp_path / "none").mkdir()
    work = {"kind": "bring", "path": str(tmp_path / "none"), "title": "None"}
    job = FilmJob(settings, "None", work, finally_=ended.set)
    assert job.wait(SECONDS)
    state = job.state()
    assert ended.is_set()
    assert not state.running
    assert not state.done
    assert state.error is not None
    assert str(tmp_path) not in state.error.message + state.error.hint
    assert state.error.message.endswith(".")


def test_one_piece_of_work_at_a_time_and_stop_while_waiting(settings):
    with film_jobs._turn:
        job = FilmJob(settings, "Second", {"kind": "audit", "film_set": "a" * 64})
        while not job.state().waiting:
            assert job.state().running
        job.stop()
        assert job.wait(SECONDS)
    state = job.state()
    assert state.error is None
    assert not state.done
    assert state.progress.stage == "Starting"  # no process was made


def test_lines_that_are_none_are_passed_over(settings):
    with film_jobs._turn:
        job = FilmJob(settings, "Waits", {"kind": "audit", "film_set": "a" * 64})
        for line in ("no JSON", "[1]", '{"progress": {"stage": 3}}', '{"film_set": "abc"}'):
            job._hear(line)
        assert job.state().film_set == "abc"
        job.stop()
        assert job.wait(SECONDS)


def test_progress_is_told_a_few_times_a_second_and_not_after_a_stop():
    output, stopped = io.StringIO(), threading.Event()
    report = Reporter(output, stopped)
    for done in range(1, 11):
        report.progress(now(done=done))
    lines = [json.loads(line)["progress"]["done"] for line in output.getvalue().splitlines()]
    assert lines[0] == 1
    assert lines[-1] == 10
    stopped.set()
    with pytest.raises(Stopped):
        report.progress(now())


def test_what_is_on_its_way_in_outlives_sweeps_but_not_its_process(settings):
    pictures = film_store(settings).pictures
    held = contextlib.ExitStack()
    folder = held.enter_context(pictures.held_folder())
    (folder / "films.zip").write_bytes(b"half")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    pictures.sweep()
    assert (folder / "films.zip").exists()
    (ending := threading.Thread(target=held.close)).start()  # as a job's thread does
    ending.join()
    assert list(folder.parent.iterdir()) == []
    (folder.parent / "of-a-server-that-ended").mkdir()
    pictures.sweep()
    assert list(folder.parent.iterdir()) == []


def test_work_ends_with_its_standard_input(monkeypatch):
    monkeypatch.setattr(film_worker, "_GRACE_SECONDS", 0.0)
    stopped, codes = threading.Event(), []
    watch(io.StringIO(""), stopped, codes.append)
    assert stopped.is_set()
    assert codes == [1]


def test_films_come_in_for_whoever_brings_them(settings, monkeypatch):
    asked = {}
    monkeypatch.setattr(film_worker, "bring_films", lambda *_, **rest: asked.update(rest))
    work = {"kind": "bring", "path": "films", "title": "Mine", "owner": "a" * 16}
    do(settings, work, Reporter(io.StringIO(), threading.Event()))
    assert (asked["title"], asked["owner"]) == ("Mine", "a" * 16)


def test_unknown_work_is_refused(settings):
    with pytest.raises(ConfigError, match="Expected work on films, but got 'paint'"):
        do(settings, {"kind": "paint"}, Reporter(io.StringIO(), threading.Event()))


def test_time_left_counts_the_stages_that_follow():
    told = []
    tell = counting_later(told.append, "Reading films")
    tell(FilmProgress(stage="Reading films", done=5, total=10, seconds=10.0))
    tell(FilmProgress(stage="Fitting small models", done=1, total=2, seconds=1.0, seconds_left=1.0))
    assert [each.seconds_left for each in told] == [10.0 + 30.0, 1.0]
    drawing = counting_later(told.append, "Drawing phantoms")
    drawing(FilmProgress(stage="Drawing phantoms", done=540, total=540, seconds=10.0))
    assert told[-1].seconds_left == pytest.approx(8 + 8 + 4 + 4)  # of the default study


def test_share_and_time_left():
    state = FilmJobState(running=True, waiting=False, progress=now(done=4), seconds=8.0)
    assert job_share(state) == 0.4
    assert job_seconds_left(state) == pytest.approx(12.0)
    told = FilmJobState(running=True, waiting=False, progress=now(seconds_left=30.0), seconds=6.0)
    assert job_seconds_left(told) == pytest.approx(25.0)  # five seconds have gone since


def test_an_audit_is_kept_beside_its_films_and_a_damaged_one_is_none(settings):
    store, audit = film_store(settings), red_audit(film_set(3))
    assert kept_audit(store, audit.film_set) is None
    keep_audit(store, audit)
    assert kept_audit(store, audit.film_set) == audit
    assert kept_protocols(store, audit.film_set) is None
    store.path(audit.film_set, "audit").write_text('{"film_set": 1}')
    assert kept_audit(store, audit.film_set) is None
