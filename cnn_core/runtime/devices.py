"""Which devices can train here.

Only torch knows, and importing it takes seconds; so whoever has it imported (worker, spare, doctor)
writes the answer into the run store's folder, and the page reads that file. Until then the page
knows of the CPU.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from cnn_core.errors import ConfigError
from cnn_core.runtime.files import make_folder, write_whole
from cnn_core.runtime.provenance import package_versions, processor
from cnn_core.runtime.threads import usable_cores

_FILE = "devices.json"


@dataclass(frozen=True, kw_only=True)
class Device:
    """One device.

    Attributes:
        id: torch's name ("cpu", "cuda:0").
        title: its own name, for a person.
        memory_mib: its memory in MiB; 0 where it is the machine's.
    """

    id: str
    title: str
    memory_mib: int = 0


def detect_devices() -> list[Device]:
    """Ask torch; the fastest first."""
    import torch

    found = [
        Device(
            id=f"cuda:{index}",
            title=torch.cuda.get_device_name(index),
            memory_mib=torch.cuda.get_device_properties(index).total_memory // 2**20,
        )
        for index in range(torch.cuda.device_count())
    ]
    return [*found, _cpu()]


def _cpu() -> Device:
    return Device(id="cpu", title=f"{processor()}, {usable_cores()} cores")


def remember_devices(runs: Path) -> list[Device]:
    """Detect the devices and write them down in the folder `runs` for processes without torch.

    Raises:
        StorageError: the folder cannot be written.
    """
    devices = detect_devices()
    body = {"torch": package_versions()["torch"], "devices": [asdict(device) for device in devices]}
    make_folder(runs)
    write_whole(runs / _FILE, json.dumps(body).encode())
    return devices


def known_devices(runs: Path) -> list[Device]:
    """Return what was last written down for this torch version; the CPU if nothing was."""
    try:
        body = json.loads((runs / _FILE).read_text())
        if body["torch"] == package_versions()["torch"]:
            return [Device(**row) for row in body["devices"]]
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return [_cpu()]


def choose_device(name: str, devices: list[Device]) -> str:
    """Return the id of the device called `name` ("auto": the first; "cuda": the first GPU).

    >>> choose_device("auto", [Device(id="cpu", title="")])
    'cpu'

    Raises:
        ConfigError: there is none of that name here.
    """
    ids = [device.id for device in devices]
    if name == "auto":
        return ids[0]
    for candidate in ids:
        if name in (candidate, candidate.partition(":")[0]):
            return candidate
    raise ConfigError(
        f"There is no device {name!r} on this machine.", hint=f"Choose auto, {' or '.join(ids)}."
    )
