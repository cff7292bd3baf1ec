"""`inspect MODEL IMAGE --out DIR`: a layer's filters and feature maps, as pictures and numbers."""

import argparse
import dataclasses
import math
import re
from pathlib import Path

import numpy as np

from cnn_core.charts.captioned import captioned_png, npz_bytes
from cnn_core.charts.map_tiles import Normalise, tile_maps
from cnn_core.charts.scales import number
from cnn_core.cli.output import add_json, percent, write_json, write_line
from cnn_core.data.decode import decode
from cnn_core.errors import PictureError, StorageError, UnknownNameError
from cnn_core.results.inspection import (
    FeatureMaps,
    Filters,
    Floats,
    LayerInfo,
    ModelChoice,
    NetworkInfo,
    Pixels,
    Prediction,
)
from cnn_core.runtime.files import write_whole
from cnn_core.runtime.inspection import Inspector
from cnn_core.runtime.networks import find_name
from cnn_core.settings import Settings

MODEL_HELP = "a network of the registry (alexnet), or the id of a finished run"
_LONGEST_SIDE = 1024  # of a picture that is decoded, as on the page
_WIDTH = 1200  # of a picture of all maps, in pixels, about
_CELLS = (4, 160)  # least and largest side of a map in it
_STRONGEST = 10
_ANOTHER = "Choose another folder to write to, on a disk with room."


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `inspect` to the parser."""
    parser = commands.add_parser(
        "inspect", help="write a layer's filters and feature maps", description=__doc__
    )
    parser.add_argument("model", metavar="MODEL", help=MODEL_HELP)
    parser.add_argument("image", metavar="IMAGE", type=Path, help="a picture")
    parser.add_argument(
        "--layer", metavar="NAME", help="the layer, such as features.0; else the first of interest"
    )
    parser.add_argument("--out", required=True, metavar="DIR", help="the folder to write to")
    parser.add_argument(
        "--normalise",
        choices=["each", "together"],
        default="each",
        help="give each map a colour scale of its own (the default), or all the same",
    )
    add_json(parser)
    parser.set_defaults(run=inspect)


def read_picture(path: Path) -> Pixels:
    """Return a file's picture, uint8 (H, W, 3).

    Raises:
        PictureError: it cannot be read.
    """
    try:
        payload = path.read_bytes()
    except OSError as exc:
        raise PictureError(f"The picture cannot be read ({exc.strerror}).") from exc
    return decode(payload, longest_side=_LONGEST_SIDE)


def inspect(options: argparse.Namespace) -> int:
    """Write what a layer is made of and what it finds in a picture; say what was written."""
    settings = Settings.from_environment()
    inspector, choice = Inspector(settings), ModelChoice(name=find_name(settings, options.model))
    prepared = inspector.prepare(choice, read_picture(options.image))
    info = inspector.describe(choice)
    layer = _find_layer(info, options.layer)
    maps = inspector.maps(choice, prepared, layer.name)
    filters = _filters(inspector, choice, layer)
    said = inspector.predict(choice, prepared) if info.classes else None
    files = _files(info, layer, options.image.name, maps, filters, options.normalise)
    paths = _write(Path(options.out).expanduser(), files)
    report = _report(info, layer, maps, said)
    if options.json:
        write_json({**report, "picture": str(options.image), "files": [str(p) for p in paths]})
        return 0
    write_line(f"{info.title}, {layer.name} ({layer.kind}), {options.image.name}")
    write_line(f"weights: {info.weights.kind}. {info.weights.sentence}")
    strongest = ", ".join(str(entry["channel"]) for entry in _strongest(maps))
    write_line(f"maps: {_shape(maps)}; strongest channels {strongest}")
    write_line(f"units not above zero: {percent(maps.dead_share)}")
    for _, name, probability in said.top() if said else []:
        write_line(f"  {percent(probability):>9}  {name}")
    for path in paths:
        write_line(str(path))
    return 0


def _find_layer(info: NetworkInfo, name: str | None) -> LayerInfo:
    if name is None:
        return next((layer for layer in info.layers if layer.of_interest), info.layers[0])
    try:
        return info.layer(name)
    except KeyError as exc:
        raise UnknownNameError(
            f"{info.title} has no layer named {name!r}.",
            hint=f"Its layers are {', '.join(layer.name for layer in info.layers)}.",
        ) from exc


def _filters(inspector: Inspector, choice: ModelChoice, layer: LayerInfo) -> Filters | None:
    """Return the layer's kernels, None where it is no convolution."""
    if layer.kernel is None or not layer.parameters:
        return None
    try:
        return inspector.filters(choice, layer.name)
    except UnknownNameError:
        return None


def _report(
    info: NetworkInfo, layer: LayerInfo, maps: FeatureMaps, said: Prediction | None
) -> dict[str, object]:
    return {
        "network": info.choice.name,
        "title": info.title,
        "weights": dataclasses.asdict(info.weights),
        "layer": dataclasses.asdict(layer),
        "shape": list(maps.before.shape),
        "strongest": _strongest(maps),
        "dead_share": maps.dead_share,
        "top": [
            {"index": index, "class": name, "probability": probability}
            for index, name, probability in (said.top() if said else [])
        ],
    }


def _strongest(maps: FeatureMaps) -> list[dict[str, float]]:
    order = np.argsort(-maps.strength, kind="stable")[:_STRONGEST]
    return [{"channel": int(i), "strength": float(maps.strength[i])} for i in order]


def _shape(maps: FeatureMaps) -> str:
    return " x ".join(map(str, maps.before.shape))


def _files(
    info: NetworkInfo,
    layer: LayerInfo,
    picture: str,
    maps: FeatureMaps,
    filters: Filters | None,
    normalise: Normalise,
) -> dict[str, bytes]:
    """Return the files by name."""
    stem = re.sub(r"[^A-Za-z0-9._]+", "-", f"{info.choice.name}-{layer.name}").strip("-.")
    about = [f"{info.title}, layer {layer.name}", f"Weights: {info.weights.sentence}"]
    rectified, shown = ("", maps.before) if maps.after is None else (", after ReLU", maps.after)
    what = f"{_shape(maps)} feature maps of {picture}{rectified}"
    arrays = {"before": maps.before} | ({} if maps.after is None else {"after": maps.after})
    files = {
        f"{stem}-maps.png": _picture(shown, [*about, what], normalise, bool((shown < 0).any())),
        f"{stem}-maps.npz": npz_bytes(**arrays, about="; ".join([*about, what])),
    }
    if filters is not None:
        kernels, what = _kernels(filters, maps)
        files |= {
            f"{stem}-filters.png": _picture(kernels, [*about, what], normalise, signed=True),
            f"{stem}-filters.npz": npz_bytes(kernels=filters.kernels, about="; ".join(about)),
        }
    return files


def _picture(maps: Floats, about: list[str], normalise: Normalise, signed: bool) -> bytes:
    """Return a captioned PNG of all maps or kernels."""
    columns = math.ceil(math.sqrt(1.4 * len(maps)))
    least, largest = _CELLS
    cell = min(largest, max(least, _WIDTH // columns))
    tiled = tile_maps(maps, columns=columns, normalise=normalise, signed=signed, cell=cell)
    if tiled.low is None or tiled.high is None:
        how = "Normalised each by its own range"
    else:
        how = f"Normalised together, from {number(tiled.low)} to {number(tiled.high)}"
    zero = ", symmetric round zero" if signed else ""
    return captioned_png(tiled.pixels, [*about, f"{how}{zero}."])


def _kernels(filters: Filters, maps: FeatureMaps) -> tuple[Floats, str]:
    """Return kernels that can be drawn, and which they are.

    Those over red, green and blue are pictures in colour, those over one channel in the colours of
    signs; of deeper ones those of the channel that is strongest in the picture.
    """
    kernels = filters.kernels
    count, inputs = kernels.shape[:2]
    if inputs == 3:
        return kernels, f"{count} filters over red, green and blue, no weight is grey"
    if inputs == 1:
        return kernels[:, 0], f"{count} filters"
    strongest = int(maps.strength.argmax())
    return kernels[strongest], f"filter {strongest} (strongest here), its {inputs} input channels"


def _write(folder: Path, files: dict[str, bytes]) -> list[Path]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise StorageError(
            f"The folder {folder.name} cannot be made ({exc.strerror}).", hint=_ANOTHER
        ) from exc
    for name, payload in files.items():
        write_whole(folder / name, payload, hint=_ANOTHER)
    return [folder / name for name in files]
