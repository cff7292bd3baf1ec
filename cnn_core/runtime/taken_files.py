"""The files of a zip that is taken away: written, named, summed up and packed.

`write_weights` imports torch's part of safetensors; the rest does without torch.
"""

import hashlib
import json
import secrets
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from cnn_core.errors import StorageError
from cnn_core.models.model_row import ModelRow
from cnn_core.results.pictures import Plan
from cnn_core.results.runs import RunRecord
from cnn_core.runtime.files import TEMPORARY

if TYPE_CHECKING:
    from torch import nn

ONNX_FILE, CARD_FILE, SCRIPT_FILE = "model.onnx", "MODEL_CARD.md", "predict.py"
LABELS_FILE, PREPROCESSING_FILE = "labels.json", "preprocessing.json"
REQUIREMENTS = "numpy\npillow\nonnxruntime\n"
ROOM = "Make room on the disk, or choose another place with --out."
_SCRIPT = Path(__file__).with_name("take_away_files") / "predict.py.txt"


def write_weights(model: "nn.Module", path: Path, record: RunRecord, plan: Plan) -> None:
    """Write the whole network as safetensors.

    Raises:
        StorageError: the disk is full or cannot be written.
    """
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    tensors = {name: tensor.contiguous() for name, tensor in model.state_dict().items()}
    metadata = {
        "format": "pt",
        "classes": json.dumps(plan.classes, ensure_ascii=False),
        "head": record.config.head,
        "run": record.id,
    }
    try:
        save_file(tensors, path, metadata)
    except SafetensorError as exc:
        raise StorageError("The weights could not be written.", hint=ROOM) from exc
    path.chmod(0o644)  # safetensors makes files for the owner alone


def texts(row: ModelRow, plan: Plan) -> dict[str, str]:
    """Return the small files by name."""
    preprocessing = {
        "colour": "RGB, transparency on white, EXIF orientation applied",
        "short_side": row.resize,
        "interpolation": "bilinear, antialiased",
        "crop": row.input_size,
        "crop_from": "middle",
        "scale": "divide by 255",
        "mean": list(row.mean),
        "std": list(row.std),
        "layout": "batch, channel, row, column; float32",
    }
    return {
        LABELS_FILE: json.dumps(plan.classes, indent=1, ensure_ascii=False) + "\n",
        PREPROCESSING_FILE: json.dumps(preprocessing, indent=1) + "\n",
        "requirements.txt": REQUIREMENTS,
        SCRIPT_FILE: _SCRIPT.read_text("utf-8"),
    }


def digests(folder: Path) -> Mapping[str, tuple[int, str]]:
    """Return bytes and SHA-256 of each file in a folder, by name."""
    found = {}
    for path in sorted(folder.iterdir()):
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        found[path.name] = path.stat().st_size, digest
    return found


def pack(folder: Path, target: Path, top: str) -> int:
    """Write everything in `folder` into a zip under one folder `top`; return the zip's bytes."""
    temporary = target.with_name(f"{TEMPORARY}{secrets.token_hex(8)}")
    try:
        with zipfile.ZipFile(temporary, "x") as archive:
            for path in sorted(folder.iterdir(), key=lambda path: path.stat().st_size):
                small = path.suffix not in (".onnx", ".safetensors")  # weights hardly shrink
                method = zipfile.ZIP_DEFLATED if small else zipfile.ZIP_STORED
                archive.write(path, f"{top}/{path.name}", compress_type=method)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    return target.stat().st_size
