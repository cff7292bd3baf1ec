"""What works on this machine: the examination behind `python -m cnn_core doctor`."""

import os
import platform
from dataclasses import asdict, dataclass
from pathlib import Path

from cnn_core.data.datasets import SOURCES, dataset_state
from cnn_core.models.bundled import bundled_lenet5_path
from cnn_core.runtime.devices import Device, known_devices, remember_devices
from cnn_core.runtime.provenance import git_commit, package_versions
from cnn_core.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that is there or not: `hint` says how to get it."""

    name: str
    ready: bool
    message: str
    hint: str = ""


@dataclass(frozen=True, kw_only=True)
class Report:
    """The whole examination."""

    versions: dict[str, str]
    devices: list[Device]
    homes: dict[str, str]
    data: list[Finding]
    weights: list[Finding]
    storage: list[Finding]

    @property
    def healthy(self) -> bool:
        """Whether the packages are there and runs can be kept; missing data has its own remedy."""
        return "missing" not in self.versions.values() and all(f.ready for f in self.storage)

    def to_json(self) -> dict[str, object]:
        """Return the report as JSON values."""
        return {**asdict(self), "healthy": self.healthy}

    def lines(self) -> list[str]:
        """Return the report as lines for a person."""
        lines = ["Versions: " + ", ".join(f"{name} {text}" for name, text in self.versions.items())]
        for device in self.devices:
            memory = f", {device.memory_mib:,} MiB" if device.memory_mib else ""
            lines.append(f"Device {device.id}: {device.title}{memory}")
        lines += [f"Home of {name}: {path}" for name, path in self.homes.items()]
        for finding in (*self.storage, *self.data, *self.weights):
            mark = "ok     " if finding.ready else "missing"
            lines.append(f"[{mark}] {finding.name}: {finding.message} {finding.hint}".rstrip())
        return lines


def examine(settings: Settings, *, ask_torch: bool = True) -> Report:
    """Examine the machine.

    Args:
        settings: for the homes.
        ask_torch: False imports nothing slow; the devices are then those last known.
    """
    storage = [_writable("runs", settings.runs)]
    ask = ask_torch and storage[0].ready
    devices = remember_devices(settings.runs) if ask else known_devices(settings.runs)
    return Report(
        versions={
            "python": platform.python_version(),
            "commit": git_commit() or "not a checkout",
            **package_versions(),
        },
        devices=devices,
        homes={
            "data": str(settings.data),
            "weights": str(settings.weights),
            "runs": str(settings.runs),
        },
        data=data_findings(settings),
        weights=[_bundled()],
        storage=storage,
    )


def data_findings(settings: Settings) -> list[Finding]:
    """Return which data sets can be opened now."""
    findings = []
    for source in SOURCES.values():
        state = dataset_state(source.id, settings.data)
        findings.append(
            Finding(name=source.title, ready=state.ready, message=state.message, hint=state.hint)
        )
    return findings


def _bundled() -> Finding:
    path = bundled_lenet5_path()
    if path.exists():
        return Finding(
            name="LeNet-5",
            ready=True,
            message=f"comes with the project ({path.stat().st_size:,} bytes).",
        )
    return Finding(
        name="LeNet-5",
        ready=False,
        message="the weights that come with the project are missing.",
        hint="Check the checkout: weights/lenet5-mnist.safetensors belongs to it.",
    )


def _writable(name: str, folder: Path) -> Finding:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        return _not_writable(name, str(exc.strerror))
    if not os.access(folder, os.W_OK):
        return _not_writable(name, "no permission")
    return Finding(name=f"Home of {name}", ready=True, message="can be written.")


def _not_writable(name: str, reason: str) -> Finding:
    return Finding(
        name=f"Home of {name}",
        ready=False,
        message=f"cannot be written ({reason}).",
        hint=f"Set CNN_LAB_{name.upper()} to a folder that you can write to.",
    )
