"""Uploads that come too slowly, health for whoever asks with HEAD, and the page /docs."""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from starlette.requests import Request

from cnn_core.results.xray_plan import STATEMENT
from cnn_core.serving import uploads
from cnn_core.serving.problems import ProblemError
from cnn_core.serving.uploads import read_film
from tests.serving.asking import ask, problem

FORM = [(b"content-type", b"multipart/form-data; boundary=x")]
BEGIN = b'--x\r\ncontent-disposition: form-data; name="file"; filename="f"\r\n\r\n'
END = b"\r\n--x--\r\n"


def film_of(chunks, *, every, seconds=30.0):
    """Return the film of a form whose chunks come so many seconds apart."""
    parts = list(chunks)

    async def receive():
        await asyncio.sleep(every)
        body = parts.pop(0) if parts else b""
        return {"type": "http.request", "body": body, "more_body": bool(parts)}

    request = Request({"type": "http", "headers": FORM}, receive)
    reading = read_film(request, max_bytes=9_999, body_bytes=9_999, seconds=seconds)
    with ThreadPoolExecutor(1) as pool:  # in this thread a browser test may have left its loop
        return pool.submit(asyncio.run, reading).result()


def test_an_upload_that_does_not_begin_or_takes_too_long_is_told_so(monkeypatch):
    with pytest.raises(ProblemError, match=r"within 0\.05 seconds") as told:
        film_of([BEGIN], every=5, seconds=0.05)
    assert told.value.status == 408
    monkeypatch.setattr(uploads, "FIRST_SECONDS", 0.05)
    with pytest.raises(ProblemError, match=r"more than 0\.05 seconds"):
        film_of([BEGIN], every=5)


def test_an_upload_has_to_keep_coming(monkeypatch):
    """One that stops after its first bytes holds no place until the time of all of it is over."""
    monkeypatch.setattr(uploads, "FIRST_SECONDS", 0.3)
    monkeypatch.setattr(uploads, "BYTES_A_SECOND", 1_000)
    with pytest.raises(ProblemError, match="slower than 1 kB a second"):
        film_of([BEGIN, *[b"."] * 500], every=0.02)
    steady = [b"." * 200] * 20
    assert film_of([BEGIN, *steady, END], every=0.02) == b"".join(steady)


def test_health_answers_a_head_and_paths_are_taken_as_they_are(caller, service, monkeypatch):
    for path in ("/healthz", "/readyz"):
        assert caller.head(path).status_code == 200
        problem(caller.get(f"{path}/", follow_redirects=False), 404, "no-such-page")
    monkeypatch.setattr(type(service), "not_ready", "The service is stopping.")
    assert caller.head("/readyz").status_code == 503
    assert caller.head("/healthz").status_code == 200
    assert ask(caller, query="/").status_code == 404


def test_the_page_needs_nothing_from_elsewhere(caller):
    reply = caller.get("/docs")
    assert "<script" not in reply.text
    assert re.findall(r'(?:src|href|action)="([^"]*)"', reply.text) == [
        "openapi.json",
        "v1/predict",
    ]
    assert "default-src 'none'" in reply.headers["content-security-policy"]
    for word in (STATEMENT, "POST /v1/predict", "GET /readyz", "429", "X-API-Key", "nearest"):
        assert word in reply.text


def test_the_page_says_where_it_was_asked(caller):
    def shown(host):
        page = caller.get("/docs", headers={"host": host}).text
        return re.search(r'"X-API-Key: KEY" "([^"]*)/v1/predict', page).group(1)

    for host in ("lab.example.org", "127.0.0.1:8605", "[::1]:9000"):
        assert shown(host) == f"http://{host}"
    for host in ("$(reboot)", 'a" onclick="b', "a/b", "a b"):
        assert shown(host) == "http://testserver:80"
