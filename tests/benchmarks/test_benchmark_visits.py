"""Websocket visits of the real app: what they read of the protocol, and the benchmarks on them."""

import asyncio
import importlib

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg, ForwardMsgList

from benchmarks import __main__ as command
from benchmarks.browser import NotMeasuredError
from benchmarks.filled_store import finished_runs, going_run
from benchmarks.visits import Visit, messages, visit
from cnn_core.results.history import History
from cnn_core.runtime.store import RunStore


def test_a_frame_holds_one_message_or_several():
    one, other = ForwardMsg(), ForwardMsg()
    one.auto_rerun.fragment_id = "f"
    other.script_finished = ForwardMsg.ScriptFinishedStatus.FINISHED_SUCCESSFULLY
    assert messages(one.SerializeToString()) == [one]
    both = ForwardMsgList(messages=[one, other])
    assert messages(both.SerializeToString()) == [one, other]


def test_what_is_not_on_the_page_is_said(in_own_thread):
    nothing = Visit(None, "runs", "")
    with pytest.raises(NotMeasuredError, match="Nothing on the page 'runs' draws itself again"):
        in_own_thread(lambda: asyncio.run(nothing.tick()))
    with pytest.raises(NotMeasuredError, match="no button 'Start'"):
        in_own_thread(lambda: asyncio.run(nothing.press("Start")))


@pytest.mark.parametrize("url", ["http://192.0.2.1:8501", "http://127.0.0.1:1"])
def test_only_an_app_on_this_machine_is_visited(url, in_own_thread):
    async def go():
        async with visit(url, "runs"):
            pass

    with pytest.raises(NotMeasuredError, match=r"on this machine|broke off"):
        in_own_thread(lambda: asyncio.run(go()))


def test_a_filled_store_holds_runs_as_workers_write_them(tmp_path):
    store = RunStore(tmp_path)
    finished_runs(store, 5)
    runs = store.list()
    assert len({run.id for run in runs}) == len({run.name for run in runs}) == 5
    assert [run.config.seed for run in runs] == [4, 3, 2, 1, 0]
    assert all(run.status == "finished" and run.test_accuracy for run in runs)
    with going_run(store, steps=200, device="cpu") as run_id:
        assert store.get(run_id).status == "running"
        assert History(event for _, event in store.events(run_id)).step >= 200
    record = store.get(run_id)
    assert record.status == "stopped"
    assert record.steps_done == History(event for _, event in store.events(run_id)).step


@pytest.mark.slow
def test_many_runs(in_own_thread):
    result = in_own_thread(command.report, "many_runs", 1, runs=20, steps=2_000, browser=False)
    assert [row["unit"] for row in result["rows"]] == ["s", "s", "s", "bytes", "s"]
    assert all(row["value"] > 0 and row["baseline"] > 0 for row in result["rows"])
    assert result["rows"][3]["value"] < 60_000


@pytest.mark.slow
def test_live_viewers(monkeypatch, in_own_thread):
    """Every one of the Starts is in the queue, and each session's turn comes before a second."""
    module = importlib.import_module("benchmarks.live_viewers")
    monkeypatch.setattr(module, "START_SECONDS", 2.0)
    result = in_own_thread(command.report, "live_viewers", 1, viewers=2, starts=3, ticks=2)
    queued = result["rows"][-1]
    assert (queued["value"], queued["baseline"], queued["holds"]) == (4.0, 4.0, True)
