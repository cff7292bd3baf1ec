"""The service as it is deployed: the image's own start command and environment, no container.

In a process of its own, in which neither torch nor anything else that the image leaves out can be
imported, and nothing can be written outside the volumes that are named: sixteen callers at once,
another model, and the end of it.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from packaging.requirements import Requirement

from cnn_core.results.xray_plan import STATEMENT
from tests.serving.container import READ_ONLY, ROOT, environment, instruction
from tests.serving.small_model import film_png, write_small_model

IMPORTED_AS = {"pillow": "PIL", "scikit-learn": "sklearn", "scikit-image": "skimage"}
PLANTED = "Grace-Hopper-1906"
SECONDS = 60


def names(file):
    lines = (line.split("#")[0].strip() for line in (ROOT / file).read_text().splitlines())
    return {Requirement(line).name for line in lines if line}


def leave_out(folder):
    """Put in the place of every package that the image has not a module that cannot be imported."""
    for name in names("requirements.txt") - names("requirements-service.txt"):
        module = IMPORTED_AS.get(name, name).replace("-", "_")
        text = f"raise ImportError('{module} is not in the image of the service')\n"
        (folder / f"{module}.py").write_text(text)
    assert (folder / "torch.py").exists()
    assert (folder / "streamlit.py").exists()


class Served:
    """The running service, and what it wrote."""

    def __init__(self, place, process, url):
        self.place, self.process, self.url = place, process, url
        self.client = httpx.Client(base_url=url, headers={"X-API-Key": "a-key"}, timeout=SECONDS)

    def ask(self, payload, name="film.png"):
        return self.client.post("/v1/predict", files={"file": (name, payload)})

    def written(self):
        return (self.place / "written").read_text()


def address(process, written):
    """Return where the service says that it listens."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end and process.poll() is None:
        found = re.search(r"serving on (http://\S+),", written.read_text())
        if found:
            return found.group(1).replace("0.0.0.0", "127.0.0.1")
        time.sleep(0.05)
    raise AssertionError(f"the service did not start: {written.read_text()}")


@pytest.fixture(scope="module")
def served():
    """The image's CMD with its ENV, its folders being those of a temporary one."""
    place = Path(tempfile.mkdtemp(prefix="cnn-lab-served-"))
    try:
        for folder in ("log", "temporary", "left-out"):
            (place / folder).mkdir()
        leave_out(place / "left-out")
        (place / "left-out" / "sitecustomize.py").write_text(READ_ONLY)
        write_small_model(place / "models" / "a")
        (place / "models" / "current").symlink_to("a")
        moved = {"/log": place / "log", "/models": place / "models"}
        given = environment("Dockerfile.service", moved)
        given |= {"PATH": os.environ["PATH"], "TMPDIR": str(place / "temporary")}
        given |= {"PYTHONPATH": str(place / "left-out"), "CNN_LAB_API_KEY": "a-key"}
        given["VOLUMES"] = os.pathsep.join([given["CNN_LAB_HOME"], given["TMPDIR"]])
        command = json.loads(instruction("Dockerfile.service", "CMD"))
        assert command[0] == "python"
        with (place / "written").open("w") as written:
            process = subprocess.Popen(
                [sys.executable, *command[1:], "--port", "0", "--queue", "4", "--drain", "1.5"],
                cwd=ROOT,
                env=given,
                stdout=written,
                stderr=written,
            )
        try:
            yield Served(place, process, address(process, place / "written"))
        finally:
            process.kill()
            process.wait()
    finally:
        shutil.rmtree(place)


def test_sixteen_callers_at_once_get_the_one_right_answer_or_are_sent_away(served):
    films = [film_png(seed) for seed in range(4)]
    alone = [served.ask(film).json()["score"] for film in films]
    assert len({round(score, 6) for score in alone}) == len(films)
    together = threading.Barrier(16)

    def call(number):
        together.wait(SECONDS)
        return [(n % 4, served.ask(films[n % 4])) for n in range(number, number + 4)]

    with ThreadPoolExecutor(16) as callers:
        replies = [reply for some in callers.map(call, range(16)) for reply in some]
    statuses = Counter(reply.status_code for _, reply in replies)
    assert set(statuses) == {200, 429}
    assert statuses[200] >= 6
    for film, reply in replies:
        assert reply.json()["statement"] == STATEMENT
        if reply.status_code == 200:
            assert reply.json()["score"] == pytest.approx(alone[film], abs=1e-6)
    assert served.ask(films[0]).status_code == 200


def test_nothing_of_a_film_is_left(served):
    """Not its name, not its pixels: the log has digests and figures, and there is nothing else.

    Also no file of ONNX Runtime's telemetry, which it makes where nobody tells it not to.
    """
    film = film_png(9)
    assert served.ask(film, f"{PLANTED}.png").status_code == 200
    assert served.ask(PLANTED.encode(), f"{PLANTED}.dcm").status_code == 422
    files = [path for path in served.place.rglob("*") if path.is_file()]
    logged = [path for path in files if path.is_relative_to(served.place / "log")]
    assert any(path.suffix == ".sqlite" for path in logged)
    for path in files:
        content = path.read_bytes()
        assert PLANTED.encode() not in content
        assert film[64:96] not in content
    assert [path for path in files if path.is_relative_to(served.place / "temporary")] == []


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="this system has no SIGHUP")
def test_another_model_is_rolled_out_and_back_while_it_serves(served):
    def rolled(name):
        """Point `current` at another folder, as docs/deployment.md says, and send SIGHUP."""
        before = served.written().count("\n")
        new = served.place / "models" / "new"
        new.symlink_to(name)
        new.replace(served.place / "models" / "current")
        served.process.send_signal(signal.SIGHUP)
        end = time.monotonic() + SECONDS
        while "model " not in "".join(served.written().splitlines(keepends=True)[before:]):
            assert time.monotonic() < end
            time.sleep(0.02)
        return served.client.get("/v1/model").json()

    first = served.client.get("/v1/model").json()
    write_small_model(served.place / "models" / "b", seed=1)
    second = rolled("b")
    assert (first["title"], second["title"]) == ("Small model 0", "Small model 1")
    assert served.ask(film_png()).json()["model"] == second["model"] != first["model"]
    assert rolled("missing") == second
    assert "was not read again" in served.written()
    assert rolled("a") == first


def test_it_ends_when_asked_and_answers_what_it_accepted(served):
    """The last of the tests here: not ready at once, still answering, then gone with code 0."""
    noise = film_png(5, side=2_500)
    with ThreadPoolExecutor(1) as callers:
        begun = callers.submit(served.ask, noise)
        while (
            httpx.get(f"{served.url}/metrics", headers={"X-API-Key": "a-key"}).text.count(
                "cnn_lab_places_taken 1.0"
            )
            < 1
        ):
            assert not begun.done()
        served.process.send_signal(signal.SIGTERM)
        statuses = set()
        while "503" not in statuses:
            statuses.add(str(served.client.get("/readyz").status_code))
        assert served.ask(film_png()).status_code == 200, "who comes while it drains is answered"
        assert begun.result().status_code == 200
    assert served.process.wait(SECONDS) == 0
    with pytest.raises(httpx.TransportError):
        httpx.get(f"{served.url}/healthz")
    assert "Traceback" not in served.written()
