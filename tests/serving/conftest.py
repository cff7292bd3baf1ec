"""A small triage model, and the service with it in this process."""

import threading

import pytest
from starlette.testclient import TestClient

from cnn_core.runtime.predict import predict
from cnn_core.runtime.triage_model import read_model
from cnn_core.serving import service as service_module
from cnn_core.serving.app import create_app
from cnn_core.serving.config import ServiceConfig
from cnn_core.serving.service import Service
from tests.serving.small_model import write_small_model


@pytest.fixture(scope="session")
def small_model(tmp_path_factory):
    """Folder of a triage model that is read and never written."""
    return write_small_model(tmp_path_factory.mktemp("served") / "model")


@pytest.fixture(scope="session")
def service(small_model):
    """A service with a key, not started."""
    config = ServiceConfig(workers=1, decoders=1, queue=3, max_bytes=2_000_000, api_key="a-key")
    return Service(config, lambda: read_model(small_model))


@pytest.fixture(scope="session")
def caller(service):
    """Whoever asks it, with the key; it runs as long as tests do."""
    with TestClient(create_app(service), headers={"X-API-Key": "a-key"}) as client:
        yield client


@pytest.fixture
def held(service, monkeypatch):
    """Films are begun and then wait until the event is set."""
    begun, go = threading.Semaphore(0), threading.Event()

    def waiting(*given, **options):
        begun.release()
        assert go.wait(30)
        return predict(*given, **options)

    monkeypatch.setattr(service_module, "predict", waiting)
    yield begun, go
    go.set()
