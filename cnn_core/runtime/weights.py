"""Which weights a network has on this machine, and how it gets others: downloaded, or added.

Looked for, the best first: a file that was added (`weights add`), then each of the row's sources,
in the weights folder, in torchvision's own cache, in a Python package, in the project. A network
of which nothing is found is untrained, and says so. `resolve` and `listing` do without torch.

`fetch` replaces the progress bar of `torch.hub` and the process's socket timeout while it runs:
beside the page it belongs in a process of its own (`runtime.fetching`).
"""

import http.client
import importlib.util
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

from filelock import FileLock

from cnn_core.data.download import explain_fault, metered, storage_error
from cnn_core.errors import WeightsError
from cnn_core.models.bundled import bundled_folder
from cnn_core.models.registry import OFFERED, ModelRow, WeightsSource, build_model, model_row
from cnn_core.models.weights import fitting_tensors, known_source, stamp_of, weights_state
from cnn_core.models.weights_file import SAFETENSORS, sha256_of
from cnn_core.results.inspection import WeightsState
from cnn_core.settings import Settings

_HINT = "Check the network and try again, or add a file: python -m cnn_core weights add NAME FILE."


@dataclass(frozen=True, kw_only=True)
class WeightsAtHand:
    """The best weights of a network that are on this machine.

    Attributes:
        row: the network.
        state: which they are; "untrained" where there are none.
        path: the file, None where there is none.
        stamp: differs when the file does.
    """

    row: ModelRow
    state: WeightsState
    path: Path | None = None
    stamp: tuple[int, int] = (0, 0)


def download_of(row: ModelRow) -> WeightsSource | None:
    """Return the source that `fetch` downloads, None where there is none."""
    return next((source for source in row.weights if source.url), None)


def added_path(settings: Settings, row: ModelRow) -> Path:
    """Return where a file of somebody's own for `row`'s network is kept."""
    return settings.weights / f"added-{row.id}{SAFETENSORS}"


def torch_cache() -> Path:
    """Return where torchvision keeps what it downloads, as `torch.hub` finds it, without torch."""
    cache = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    home = Path(os.environ.get("TORCH_HOME", str(Path(cache) / "torch"))).expanduser()
    return home / "hub" / "checkpoints"


def resolve(settings: Settings, row: ModelRow) -> WeightsAtHand:
    """Return the best weights of `row`'s network that are at hand.

    Damage inside a file is found when it is loaded (`models.weights.load_weights`).

    Raises:
        WeightsError: a file is there that may not be read.
    """
    for path in _candidates(settings, row):
        stamp = stamp_of(path)
        if stamp != (0, 0):
            return WeightsAtHand(row=row, state=weights_state(row, path), path=path, stamp=stamp)
    return WeightsAtHand(row=row, state=untrained(row))


def find_by_sha256(settings: Settings, row: ModelRow, sha256: str) -> Path | None:
    """Return the file of weights of `row`'s network with this checksum, None if it is not here.

    Raises:
        WeightsError: a file is there that may not be read.
    """
    for path in _candidates(settings, row):
        if stamp_of(path) != (0, 0) and weights_state(row, path).sha256 == sha256:
            return path
    return None


def untrained(row: ModelRow) -> WeightsState:
    """Return what is said of a network without weights."""
    sentence = f"Untrained: no weights of {row.title} are on this machine."
    return WeightsState(kind="untrained", sentence=sentence)


def _candidates(settings: Settings, row: ModelRow) -> Iterator[Path]:
    yield added_path(settings, row)
    for source in row.weights:
        yield settings.weights / source.filename
        if source.url:
            yield torch_cache() / source.filename
        if source.package:
            yield from _in_package(row, source)
        yield bundled_folder() / source.filename


def _in_package(row: ModelRow, source: WeightsSource) -> Iterator[Path]:
    """The file in an installed package, if it is the one whose checksum is pinned."""
    package, _, folder = source.package.partition("/")
    spec = importlib.util.find_spec(package)
    for root in (spec.submodule_search_locations or []) if spec else []:
        path = Path(root) / folder / source.filename
        if path.is_file() and known_source(row, weights_state(row, path).sha256) is source:
            yield path


def listing(settings: Settings) -> list[WeightsAtHand]:
    """Return what is at hand of every network that is offered, in its order.

    Raises:
        WeightsError: a file is there that may not be read.
    """
    return [resolve(settings, row) for row in OFFERED.values()]


def fetch(
    settings: Settings,
    name: str,
    *,
    on_progress: Callable[[int, int], None] | None = None,
) -> WeightsAtHand:
    """Download torchvision's weights of a network into the weights folder, unless they are there.

    torch.hub's own download: into a temporary file, renamed when its checksum is right. Two at
    once are one.

    Args:
        settings: for the weights folder.
        name: of the network.
        on_progress: called with the bytes so far and in all (0 while that is not known).

    Returns:
        What is at hand of the network now.

    Raises:
        UnknownNameError: there is no such network.
        WeightsError: it has no download, or the download failed.
        StorageError: the weights folder cannot be written.
    """
    row = model_row(name)
    source = download_of(row)
    if source is None:
        raise WeightsError(
            f"There is no download of weights for {row.title}.",
            hint="Add a file: python -m cnn_core weights add NAME FILE.",
        )
    target = settings.weights / source.filename
    try:
        settings.weights.mkdir(parents=True, exist_ok=True)
        with FileLock(settings.weights / f".{source.filename}.lock"):
            if not any(_is(row, source, path) for path in (target, torch_cache() / target.name)):
                for left_over in settings.weights.glob(f"{source.filename}.*.partial"):
                    left_over.unlink(missing_ok=True)
                _download(source, target, on_progress)
    except OSError as exc:
        raise storage_error(exc, what="weights") from exc
    return resolve(settings, row)


def _is(row: ModelRow, source: WeightsSource, path: Path) -> bool:
    return path.is_file() and known_source(row, weights_state(row, path).sha256) is source


def _download(
    source: WeightsSource, target: Path, on_progress: Callable[[int, int], None] | None
) -> None:
    from torch.hub import download_url_to_file

    done = total = 0

    def report() -> None:
        if on_progress:
            on_progress(done, total)

    def on_total(count: int) -> None:
        nonlocal total
        total = count
        report()

    def on_bytes(count: int) -> None:
        nonlocal done
        done = count
        report()

    try:
        with metered("torch.hub", on_bytes, on_total):
            download_url_to_file(source.url, str(target), hash_prefix=source.sha256)
    except (OSError, http.client.HTTPException, RuntimeError, ValueError) as exc:
        fault = explain_fault(exc, source.filename, source.url)
        if isinstance(fault, OSError):
            raise
        raise WeightsError(fault, hint=_HINT) from exc


def add(settings: Settings, name: str, file: Path) -> WeightsAtHand:
    """Check a file of weights for a network and keep a copy of it in the weights folder.

    A file that the registry knows keeps its name; another becomes the network's added one (a state
    dict as safetensors), in the place of the one before, and is used before all others.

    Args:
        settings: for the weights folder.
        name: of the network.
        file: safetensors, or a state dict of torch; the features alone are enough.

    Raises:
        UnknownNameError: there is no such network.
        WeightsError: the file is damaged or does not fit; nothing is kept.
        StorageError: the weights folder cannot be written.
    """
    import torch

    row = model_row(name)
    with torch.device("meta"):
        model = build_model(name, auxiliary=bool(row.auxiliary))  # kept, if the file has them
    tensors, _ = fitting_tensors(model, row, file)
    source = known_source(row, sha256_of(file))
    target = settings.weights / source.filename if source else added_path(settings, row)
    temporary = target.with_name(f".adding-{token_hex(8)}")
    try:
        settings.weights.mkdir(parents=True, exist_ok=True)
        try:
            if source is None and file.suffix.lower() != SAFETENSORS:
                from safetensors.torch import save_file

                save_file({name: t.contiguous() for name, t in tensors.items()}, temporary)
            else:
                shutil.copyfile(file, temporary)
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as exc:
        raise storage_error(exc, what="weights") from exc
    return resolve(settings, row)
