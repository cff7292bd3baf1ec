"""What becomes of the service when the system ends the processes that read films."""

import os
import signal

import pytest
from starlette.testclient import TestClient

from cnn_core.data.films import limited_process
from cnn_core.runtime.triage_model import read_model
from cnn_core.serving.app import create_app
from cnn_core.serving.config import ServiceConfig
from cnn_core.serving.service import Service
from tests.serving.asking import ask, problem


@pytest.fixture
def service(small_model):
    """A service of its own: that of other tests may have been stopped."""
    return Service(ServiceConfig(workers=1, decoders=1), lambda: read_model(small_model))


@pytest.fixture
def caller(service):
    with TestClient(create_app(service)) as client:
        yield client


def test_it_is_not_ready_while_nothing_can_read_films_and_recovers(caller, service, monkeypatch):
    def no_memory(*_):
        raise OSError(12, "Cannot allocate memory")

    assert caller.get("/readyz").status_code == 200
    with monkeypatch.context() as patched:
        patched.setattr(limited_process._Process, "_Popen", staticmethod(no_memory))
        os.kill(service._decoder.run(os.getpid).result(), signal.SIGKILL)
        assert "no others could be started" in problem(ask(caller), 503, "not-ready")["detail"]
        assert "were ended" in problem(caller.get("/readyz"), 503, "not-ready")["detail"]
        assert "cnn_lab_ready 0.0" in caller.get("/metrics").text
        assert caller.get("/healthz").status_code == 200
    assert caller.get("/readyz").status_code == 200
    assert ask(caller).status_code == 200
    os.kill(service._decoder.run(os.getpid).result(), signal.SIGKILL)
    assert ask(caller).status_code == 200
    assert service.places.taken == 0
