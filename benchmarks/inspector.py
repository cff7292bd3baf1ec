"""What the server does between an upload and all first-layer maps of AlexNet, and what it sends.

Ours: the JPEG decoded at the size that is needed, brought into the network's form, the maps of a
layer taken, painted as one PNG. The plain way: every pixel decoded, torchvision's transforms, a
forward hook, one PNG a map. Both warm, on as many threads, by turns, on a photo of 12 megapixels
that is another one each time (ours would know it again).
"""

import io
import time
from collections.abc import Iterator

import numpy as np
from PIL import Image

from benchmarks.alternating import take_turns
from benchmarks.rows import Bar, Row, compare
from cnn_core.charts.map_tiles import tile_maps
from cnn_core.data.decode import decode
from cnn_core.data.samples import sample_picture
from cnn_core.results.inspection import ModelChoice
from cnn_core.runtime.inspection import Inspector, load_torch
from cnn_core.settings import Settings
from cnn_core.ui.inspector.picture import LONGEST_SIDE
from cnn_core.ui.inspector.sheet import layout

REPEATS = 9
UPLOAD_BAR = Bar(of="value", at_most=300)
LAYER_BAR = Bar(of="value", at_most=1_000)
PAYLOAD_BAR = Bar(of="value", at_most=300)
CHOICE = ModelChoice(name="alexnet")
FIRST, NEXT = "features.0", "features.3"
_OURS, _PLAIN = "ours", "plain"


def measure(*, repeats: int = REPEATS, size: tuple[int, int] = (4_000, 3_000)) -> list[Row]:
    """Return upload to maps, the next layer, and the payload; `size` is the photo's."""
    load_torch()  # before anybody else imports it, so that its threads sleep while they wait
    from benchmarks.plain_maps import PlainMaps

    source = photos(size)
    bench = {
        _OURS: Session(Inspector(Settings.from_environment())),
        _PLAIN: PlainMaps(CHOICE.name, FIRST),
    }
    weights = bench[_OURS].weights
    for side in bench.values():
        side.upload(next(source))
        side.layer(NEXT)
    sent: dict[str, list[float]] = {_OURS: [], _PLAIN: []}

    def upload(name: str) -> float:
        photo = next(source)
        begun = time.perf_counter()
        picture = bench[name].upload(photo)
        taken = time.perf_counter() - begun
        sent[name].append(len(picture) / 1e3)
        return 1e3 * taken

    def next_layer(name: str) -> float:
        bench[name].upload(next(source))
        begun = time.perf_counter()
        bench[name].layer(NEXT)
        return 1e3 * (time.perf_counter() - begun)

    megapixels = f"{size[0] * size[1] / 1e6:.0f} megapixels"
    sides = [_OURS, _PLAIN]
    uploads = take_turns(upload, sides, repeats)
    layers = take_turns(next_layer, sides, repeats)
    return [
        compare(
            f"{what}, AlexNet ({weights}), JPEG of {megapixels}",
            unit=unit,
            samples=taken[_OURS],
            baseline=taken[_PLAIN],
            bar=bar,
        )
        for what, unit, taken, bar in (
            ("upload to all first-layer maps, server", "ms", uploads, UPLOAD_BAR),
            ("the next layer, server", "ms", layers, LAYER_BAR),
            ("64 maps as they are sent", "KB", sent, PAYLOAD_BAR),
        )
    ]


def photos(size: tuple[int, int], name: str = "cat") -> Iterator[bytes]:
    """Yield JPEGs of a sample photo enlarged to `size`, each with other grain."""
    enlarged = Image.fromarray(sample_picture(name)).resize(size, Image.Resampling.BICUBIC)
    pixels, generator = np.asarray(enlarged).astype(np.int16), np.random.default_rng(0)
    while True:
        grain = generator.integers(-6, 7, (*pixels.shape[:2], 1), dtype=np.int16)
        file = io.BytesIO()
        Image.fromarray(np.clip(pixels + grain, 0, 255).astype(np.uint8)).save(file, "JPEG")
        yield file.getvalue()


class Session:
    """What the page asks of `runtime.inspection`, and paints."""

    def __init__(self, inspector: Inspector) -> None:
        self._inspector = inspector
        self.weights = self._inspector.describe(CHOICE).weights.kind

    def upload(self, photo: bytes) -> bytes:
        """Return the picture of the first layer's maps."""
        pixels = decode(photo, longest_side=LONGEST_SIDE)
        self._prepared = self._inspector.prepare(CHOICE, pixels)
        return self.layer(FIRST)

    def layer(self, name: str) -> bytes:
        """Return the picture of a layer's maps."""
        found = self._inspector.maps(CHOICE, self._prepared, name)
        maps = found.before if found.after is None else found.after
        columns, cell = layout(len(maps))
        return tile_maps(maps, columns=columns, normalise="each", signed=False, cell=cell).png
