"""What was found out about a film set, as JSON beside it: its audit, its comparison of protocols.

Each is made once and read by the page, the command line and a study. A file that is none, or that a
later version wrote otherwise, counts as not there: it is made again. Free of torch.
"""

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from cnn_core.errors import DataError
from cnn_core.results.from_plain import from_plain
from cnn_core.results.xray_audit import Protocols, XrayAudit
from cnn_core.runtime.files import make_folder, write_whole

if TYPE_CHECKING:
    from cnn_core.data.films.store import FilmStore

Kept = TypeVar("Kept", XrayAudit, Protocols)
_HINT = "Make room on the disk, or set CNN_LAB_PICTURES to another folder."
_AUDIT, _PROTOCOLS = "audit", "protocols"


def keep_audit(store: "FilmStore", audit: XrayAudit) -> None:
    """Keep the audit of a film set, in the place of an earlier one.

    Raises:
        StorageError: it cannot be written.
    """
    _keep(store.path(audit.film_set, _AUDIT), audit)


def kept_audit(store: "FilmStore", film_set: str) -> XrayAudit | None:
    """Return the audit of a film set, None where it has not been made."""
    return _kept(store.path(film_set, _AUDIT), XrayAudit)


def keep_protocols(store: "FilmStore", protocols: Protocols) -> None:
    """Keep the comparison of protocols on a film set, in the place of an earlier one.

    Raises:
        StorageError: it cannot be written.
    """
    _keep(store.path(protocols.film_set, _PROTOCOLS), protocols)


def kept_protocols(store: "FilmStore", film_set: str) -> Protocols | None:
    """Return the comparison of protocols on a film set, None where it has not been made."""
    return _kept(store.path(film_set, _PROTOCOLS), Protocols)


def _keep(path: Path, found: XrayAudit | Protocols) -> None:
    make_folder(path.parent)
    write_whole(path, json.dumps(dataclasses.asdict(found)).encode(), hint=_HINT)


def _kept(path: Path, kind: type[Kept]) -> Kept | None:
    try:
        return from_plain(kind, json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, DataError):
        return None
