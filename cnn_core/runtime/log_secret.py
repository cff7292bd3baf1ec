"""The secret of the prediction log: random bytes in a file of its owner's alone (mode 600).

It is made once, whichever process is first, and never leaves the machine: without it nobody can try
which film or patient a digest stands for.
"""

import os
import secrets
from functools import lru_cache
from pathlib import Path

from cnn_core.errors import StorageError
from cnn_core.runtime.log_database import HINT

SECRET_BYTES = 32


@lru_cache(maxsize=8)
def log_secret(path: Path) -> bytes:
    """Return the secret at `path`, `SECRET_BYTES` long; made where there is none.

    Raises:
        StorageError: it cannot be read or made, or is of another length.
    """
    try:
        if not path.exists():
            _make(path)
        found = path.read_bytes()
    except OSError as exc:
        raise StorageError(
            f"The secret of the prediction log cannot be read or made ({exc.strerror}).", hint=HINT
        ) from exc
    if len(found) != SECRET_BYTES:
        raise StorageError(
            f"The secret of the prediction log has {len(found)} bytes; {SECRET_BYTES} were "
            "expected.",
            hint=f"Delete {path.name}: a new one is made, and films logged before are not known "
            "again.",
        )
    return found


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}-{secrets.token_hex(8)}")
    handle = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(SECRET_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(temporary, path)  # fails where another process was first, and replaces nothing
        except FileExistsError:
            return
    finally:
        temporary.unlink(missing_ok=True)
