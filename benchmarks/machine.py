"""What a figure depends on beside the code: hardware, versions, load; no host, user or path."""

import importlib.metadata
import os
import platform
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import psutil

from benchmarks.browser import CHROMIUM
from cnn_core.runtime.provenance import package_versions, processor
from cnn_core.runtime.threads import usable_cores

ROOT = Path(__file__).resolve().parents[1]
_NVIDIA = Path("/proc/driver/nvidia/gpus")


def hardware() -> dict[str, Any]:
    """Return processor, usable cores, memory (GiB) and the first GPU's name or None."""
    return {
        "processor": processor(),
        "cores": usable_cores(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "gpu": _gpu(),
    }


def _gpu() -> str | None:
    for file in sorted(_NVIDIA.glob("*/information")):
        for line in file.read_text(encoding="utf-8").splitlines():
            if line.startswith("Model:"):
                return line.partition(":")[2].strip()
    return None


def versions() -> dict[str, str]:
    """Return the versions of Python, the packages, CNN Lab and Chromium ("missing": not here)."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return {
        "python": platform.python_version(),
        "cnn_lab": project["project"]["version"],
        **package_versions(),
        "playwright": _playwright(),
        "chromium": _chromium(),
    }


def _playwright() -> str:
    try:
        return importlib.metadata.version("playwright")
    except importlib.metadata.PackageNotFoundError:
        return "missing"


def _chromium() -> str:
    command = [CHROMIUM, "--version"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return "missing"
    words = done.stdout.split()
    return next((word for word in words if word[:1].isdigit()), "unknown")


def load_average() -> list[float] | None:
    """Return the load over 1, 5 and 15 minutes; None where the system does not count it."""
    return [round(load, 2) for load in os.getloadavg()] if hasattr(os, "getloadavg") else None
