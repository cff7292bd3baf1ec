"""Memory of a run on thousands of large photos, from the folder to the judged light head.

`train vgg16-folder --data FOLDER` with EfficientNet-Lite0 as a command of its own: intake, data
doctor's figures, frozen outputs, head, judgement. Its resident memory is looked at five times a
second. The baseline is the same command on a tenth of the photos: what is held at once must not
grow with what comes. The photos are drawn flowers enlarged to 12 megapixels, with grain; each is
ten files, with other bytes after its end: ten to copy, decode and run through the network, which
are found to be near-duplicates and kept on one side.
"""

import io
import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import psutil
from PIL import Image, ImageChops

from benchmarks.browser import NotMeasuredError
from benchmarks.machine import ROOT
from benchmarks.rows import Bar, Row, compare
from cnn_core.data.pictures.drawn_flowers import LABELS, drawn_flower

REPEATS = 3
PHOTOS = 5_000
SIZE = (4_000, 3_000)
_POLL_SECONDS = 0.2
_GRAIN = 14
_COPIES = 10


def measure(
    *, repeats: int = REPEATS, photos: int = PHOTOS, size: tuple[int, int] = SIZE
) -> list[Row]:
    """Return peak memory and time a photo, for `photos` of them against a tenth.

    Raises:
        NotMeasuredError: a run failed.
    """
    few = max(len(LABELS) * 4 * _COPIES, photos // 10)
    with tempfile.TemporaryDirectory() as home:
        folders = {count: Path(home) / f"photos-{count}" for count in (few, photos)}
        for count, folder in folders.items():
            write_photos(folder, count, size)
        samples = {
            count: [_run(folder, Path(home) / f"home-{count}-{turn}") for turn in range(repeats)]
            for count, folder in folders.items()
        }
    megapixels = f"{size[0] * size[1] / 1e6:.0f} megapixels"
    what = f"{photos:,} photos of {megapixels} against {few:,}"
    return [
        compare(
            f"peak memory from the folder to the judged head, {what}",
            unit="MB",
            samples=[megabytes for megabytes, _ in samples[photos]],
            baseline=[megabytes for megabytes, _ in samples[few]],
            bar=Bar(of="value", at_most=3_000),
        ),
        compare(
            f"time a photo from the folder to the judged head, {what}",
            unit="ms",
            samples=[1e3 * seconds / photos for _, seconds in samples[photos]],
            baseline=[1e3 * seconds / few for _, seconds in samples[few]],
        ),
    ]


def write_photos(folder: Path, count: int, size: tuple[int, int]) -> None:
    """Write `count` photos, a tenth of them different, in class folders, by two processes."""
    for label in LABELS:
        (folder / label).mkdir(parents=True)
    with ProcessPoolExecutor(2) as pool:
        tasks = [pool.submit(_write_share, folder, count, size, part, 2) for part in range(2)]
        for task in tasks:
            task.result()


def _write_share(folder: Path, count: int, size: tuple[int, int], part: int, parts: int) -> None:
    grain = Image.effect_noise(size, _GRAIN)
    for number in range(part, -(-count // _COPIES), parts):
        label = LABELS[number % len(LABELS)]
        picture = drawn_flower(label, number).resize(size, Image.Resampling.BILINEAR)
        moved = ImageChops.offset(grain, 37 * number, 91 * number)
        noisy = ImageChops.add(picture, Image.merge("RGB", [moved] * 3), scale=1, offset=-128)
        file = io.BytesIO()
        noisy.save(file, "JPEG", quality=80)
        for copy in range(min(_COPIES, count - number * _COPIES)):
            name = f"{number:05d}-{copy}.jpg"
            (folder / label / name).write_bytes(file.getvalue() + bytes([copy]))


def _run(folder: Path, home: Path) -> tuple[float, float]:
    """Return the peak of the command's memory in MB, and its seconds."""
    command = [sys.executable, "-m", "cnn_core", "train", "vgg16-folder", "--data", str(folder)]
    command += ["--json", "--set", "model=efficientnet-lite0", "head=light", "views=1", "epochs=5"]
    environment = {**os.environ, "CNN_LAB_HOME": str(home)}
    for name in ("CNN_LAB_RUNS", "CNN_LAB_PICTURES", "CNN_LAB_FEATURES"):
        environment.pop(name, None)
    begun, peak = time.perf_counter(), 0
    with (
        tempfile.TemporaryFile("w+") as output,
        subprocess.Popen(
            command, env=environment, cwd=ROOT, stdout=output, stderr=subprocess.DEVNULL
        ) as process,
    ):
        watched = psutil.Process(process.pid)
        while process.poll() is None:
            try:
                family = [watched, *watched.children(recursive=True)]
                peak = max(peak, sum(member.memory_info().rss for member in family))
            except psutil.NoSuchProcess:
                continue
            time.sleep(_POLL_SECONDS)
        seconds = time.perf_counter() - begun
        output.seek(0)
        text = output.read()
    if process.returncode or json.loads(text)["status"] != "finished":
        raise NotMeasuredError(f"The run on {folder.name} did not finish.")
    return peak / 1e6, seconds
