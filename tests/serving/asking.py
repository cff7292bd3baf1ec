"""Asking the service about a film, and looking at an error whole."""

from cnn_core.results.xray_plan import STATEMENT
from cnn_core.serving.problems import CODES, MEDIA_TYPE, SCHEMA
from tests.serving.small_model import film_png


def ask(caller, payload=None, *, query="", name="film.png", **options):
    files = {"file": (name, film_png() if payload is None else payload)}
    return caller.post(f"/v1/predict{query}", files=files, **options)


def problem(reply, status, code):
    """Return the body of an error, looked at whole."""
    assert reply.status_code == status == CODES[code], reply.text
    assert reply.headers["content-type"] == MEDIA_TYPE
    body = reply.json()
    assert set(body) == set(SCHEMA["properties"])
    assert (body["status"], body["code"], body["statement"]) == (status, code, STATEMENT)
    assert body["request_id"] == reply.headers["x-request-id"]
    assert body["detail"].endswith(".")
    return body
