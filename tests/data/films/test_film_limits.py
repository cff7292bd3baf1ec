"""A file that eats memory, spins, hangs or kills its process takes itself out, and nothing else."""

import contextlib
import math
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import psutil
import pytest
from PIL import Image

from cnn_core.data.films import limited_process
from cnn_core.data.films.limits import film_decoder
from cnn_core.errors import CnnLabError, PictureError
from tests.data.films import film_files as files

HARMS = {
    "eats memory": ((bytes, 10**9), "more than the 300 MB of memory"),
    "ends its process": ((os._exit, 3), "ended the process"),
    "crashes": ((os.abort,), "ended the process"),
}
LARGE = files.picture(Image.fromarray(np.zeros((6000, 6000), np.uint8)))  # 144 MB of greys


@pytest.fixture(scope="module")
def decoder():
    with film_decoder(1, megabytes=300) as decoder:
        yield decoder


@pytest.mark.parametrize("harm", HARMS)
def test_a_file_that_breaks_a_limit_is_refused_and_the_pool_goes_on(decoder, harm):
    (function, *arguments), words = HARMS[harm]
    with pytest.raises(PictureError, match=words) as caught:
        decoder.run(function, *arguments).result()
    assert caught.value.hint
    assert decoder.decode(files.film(1)).pixels.shape == (320, 320)


def test_files_that_spin_and_hang_are_refused_and_the_pool_goes_on():
    with film_decoder(2, seconds=0.5) as decoder:
        harms = [decoder.run(math.factorial, 10**8), decoder.run(time.sleep, 60)]
        for harm in harms:
            with pytest.raises(PictureError, match=r"more than the 0\.5 seconds"):
                harm.result()
        assert decoder.run(math.factorial, 3).result() == 6


def test_a_picture_that_needs_more_memory_than_there_may_be_is_refused():
    with (
        film_decoder(1, megabytes=100) as decoder,
        pytest.raises(PictureError, match="more than the 100 MB of memory"),
    ):
        decoder.decode(LARGE)


def test_what_decode_film_refuses_is_refused_with_its_hint(decoder):
    with pytest.raises(PictureError, match="modality") as caught:
        decoder.decode(files.dicom(Modality="CT"))
    assert "Export the film" in caught.value.hint


def killed():
    """Kill all processes that decode, and what starts them, as the system does without memory."""
    found = [
        each
        for each in psutil.Process().children(recursive=True)
        if "resource_tracker" not in " ".join(each.cmdline())
    ]
    for each in found:
        each.kill()
    return found


def test_processes_that_were_killed_are_started_afresh():
    with film_decoder(1) as decoder:
        first = decoder.run(os.getpid).result()
        waiting = [decoder.run(time.sleep, 0.1) for _ in range(2)]
        assert first in {each.pid for each in killed()}
        with ThreadPoolExecutor(4) as threads:
            found = list(threads.map(decoder.decode, [files.film(seed) for seed in range(4)]))
        assert [each.pixels.shape for each in found] == [(320, 320)] * 4
        with contextlib.suppress(PictureError):  # it is blamed for that where it had begun
            waiting[0].result()
        assert waiting[1].result() is None
        assert decoder.active
    with pytest.raises(CnnLabError, match="no others could be started"):
        decoder.run(os.getpid)


def test_processes_that_cannot_be_started_are_said_and_tried_again(monkeypatch):
    def no_memory(*_):
        raise OSError(12, "Cannot allocate memory")

    with film_decoder(1) as decoder:
        with monkeypatch.context() as patched:
            patched.setattr(limited_process._Process, "_Popen", staticmethod(no_memory))
            assert not decoder.active
            assert not decoder.recover()
            with pytest.raises(CnnLabError, match="no others could be started") as caught:
                decoder.decode(files.film(1))
            assert not isinstance(caught.value, PictureError)
        assert decoder.recover()
        assert decoder.active


def test_the_processes_end_with_whoever_asked_for_them(tmp_path):
    """Also when that one is killed while they work; its main script is not run again in them."""
    script = tmp_path / "asks.py"
    script.write_text(
        "import os, time\n"
        "from cnn_core.data.films.limits import film_decoder\n"
        "print('main', flush=True)\n"
        "with film_decoder(1) as decoder:\n"
        "    print(decoder.run(os.getpid).result(), flush=True)\n"
        "    decoder.run(time.sleep, 19).result()\n"
    )
    with subprocess.Popen(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    ) as asking:
        assert asking.stdout.readline() == b"main\n"
        child = psutil.Process(int(asking.stdout.readline()))
        asking.kill()
    child.wait(timeout=15)
    assert not child.is_running()
