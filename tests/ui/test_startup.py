"""What the server does when it starts: imports, sockets, and nothing that can stop it."""

import asyncio
import gc
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import streamlit as st

from cnn_core.ui.lab import close_laboratories
from cnn_core.ui.startup import (
    PAGE_MODULES,
    import_page,
    prepare_visits,
    send_small_answers_at_once,
)


def nodelay(sock: socket.socket) -> bool:
    return bool(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))


def test_connections_to_a_listening_socket_do_not_wait_for_acknowledgements() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        assert not nodelay(listener)
        assert send_small_answers_at_once() >= 1
        with socket.create_connection(listener.getsockname()):
            accepted, _ = listener.accept()
            with accepted:
                assert nodelay(accepted)


def start(home: Path, monkeypatch: pytest.MonkeyPatch, in_own_thread: Callable[..., Any]) -> None:
    monkeypatch.setenv("CNN_LAB_HOME", str(home))
    monkeypatch.setenv("CNN_LAB_SPARE", "0")

    async def begin() -> None:
        async with prepare_visits(st.App(__file__)):
            pass

    try:
        in_own_thread(lambda: asyncio.run(begin()))
        assert gc.get_freeze_count() > 10_000  # imports are out of garbage collection
    finally:
        gc.unfreeze()
        close_laboratories()


def test_the_pages_code_is_there_before_the_first_visit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_own_thread: Callable[..., Any]
) -> None:
    start(tmp_path, monkeypatch, in_own_thread)
    assert set(PAGE_MODULES) <= set(sys.modules)
    assert (tmp_path / "runs" / "runs.sqlite").exists()


def test_the_server_starts_where_no_run_can_be_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_own_thread: Callable[..., Any]
) -> None:
    (tmp_path / "file").touch()
    start(tmp_path / "file", monkeypatch, in_own_thread)


def test_one_page_that_cannot_be_imported_is_logged_and_no_more(
    caplog: pytest.LogCaptureFixture,
) -> None:
    import_page("cnn_core.ui.no_such_page")
    assert "cnn_core.ui.no_such_page cannot be imported" in caplog.text
