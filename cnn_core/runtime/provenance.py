"""What a run's figures depend on beside its configuration: versions, commit, machine, threads."""

import functools
import importlib.metadata
import platform
import subprocess
from pathlib import Path

from cnn_core.runtime.place import find_place
from cnn_core.runtime.threads import training_threads, usable_cores

PACKAGES = (
    "torch",
    "torchvision",
    "numpy",
    "streamlit",
    "plotly",
    "pandas",
    "pillow",
    "scikit-learn",
)
_ROOT = Path(__file__).resolve().parents[2]


def package_versions() -> dict[str, str]:
    """Return the packages' versions ("missing" where there is none) without importing them."""
    return {name: _version(name) for name in PACKAGES}


@functools.cache
def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "missing"


@functools.cache
def git_commit() -> str:
    """Return the commit, with "+changes" where the tree differs; "" outside a checkout."""
    if not (_ROOT / ".git").exists():
        return ""
    command = ["git", "-C", str(_ROOT), "describe", "--always", "--dirty=+changes", "--abbrev=12"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()


@functools.cache
def processor() -> str:
    """Return the processor's name as the system gives it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def provenance() -> dict[str, str]:
    """Return versions, commit, processor, cores, threads, processes as text, kept with a run."""
    return {
        **package_versions(),
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "processor": processor(),
        "cores": str(usable_cores()),
        "threads": str(training_threads()),
        "world_size": str(find_place().world_size),
        "commit": git_commit(),
    }
