"""What one session may upload: refused before the body is read, and the room comes back."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from cnn_core.settings import Settings
from cnn_core.ui import upload_quota
from cnn_core.ui.upload_quota import UploadQuota, admitted

MB = 10**6
SETTINGS = replace(
    Settings.from_environment({"CNN_LAB_HOME": "/lab"}), upload_files=3, upload_bytes=10 * MB
)
PATH = "/_stcore/upload_file/a-session/a-file"


@pytest.fixture
def held(monkeypatch):
    """What the server holds for every session, by the file's id; a test fills it."""
    files: dict[str, int] = {}
    monkeypatch.setattr(upload_quota, "_held", lambda _: files)
    monkeypatch.setattr(upload_quota.Settings, "from_environment", lambda: SETTINGS)
    return files


def test_files_are_counted_while_they_come_and_when_they_are_there(held):
    held.update(one=1)
    with admitted("s", "two", 1, SETTINGS) as second, admitted("s", "three", 1, SETTINGS) as third:
        assert (second, third) == (True, True)
        held.update(two=1)  # it is there, and not yet answered: it counts once
        with admitted("s", "four", 1, SETTINGS) as fourth:
            assert not fourth
        with admitted("another session", "four", 1, SETTINGS) as theirs:
            assert theirs
    with admitted("s", "three", 1, SETTINGS) as again:
        assert again  # what came to nothing leaves no trace
    held.clear()
    with admitted("s", "four", 1, SETTINGS) as later:
        assert later


def test_bytes_are_counted(held):
    held.update(one=6 * MB)
    with admitted("s", "two", 5 * MB - 1, SETTINGS) as fits:
        assert fits  # a body is a little longer than its file
    with admitted("s", "two", 6 * MB, SETTINGS) as too_large:
        assert not too_large


def ask(path=PATH, method="PUT", headers=((b"content-length", b"100"),), kind="http"):
    """Send one request through the middleware; return the status, and whether it was passed on."""
    passed, sent = [], []

    async def app(scope, receive, send):
        passed.append(scope["path"])
        await send({"type": "http.response.start", "status": 204, "headers": []})

    async def receive():
        raise AssertionError("the middleware reads no body")

    async def send(message):
        sent.append(message)

    scope = {"type": kind, "path": path, "method": method, "headers": list(headers)}
    with ThreadPoolExecutor(1) as thread:  # this one may have a loop of the browser tests' own
        thread.submit(asyncio.run, UploadQuota(app)(scope, receive, send)).result()
    return sent[0]["status"], bool(passed)


@pytest.mark.usefixtures("held")
def test_an_upload_that_fits_passes_and_so_does_all_else():
    assert ask() == (204, True)
    assert ask(method="DELETE", headers=()) == (204, True)
    assert ask(path="/_stcore/health", headers=()) == (204, True)


def test_an_upload_too_many_is_refused_unread(held):
    held.update(one=1, two=1, three=1)
    assert ask() == (413, False)
    assert ask(path=f"/behind/a/proxy{PATH}") == (413, False)


@pytest.mark.usefixtures("held")
@pytest.mark.parametrize("length", [(), ((b"content-length", b"-1"),)], ids=["none", "negative"])
def test_an_upload_has_to_state_its_size(length):
    assert ask(headers=length) == (411, False)
