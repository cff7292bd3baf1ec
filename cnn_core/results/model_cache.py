"""What the cache of networks holds at one moment, as plain values."""

from dataclasses import dataclass

from cnn_core.results.inspection import ModelChoice


@dataclass(frozen=True, kw_only=True)
class CacheEntry:
    """One network in the model cache."""

    choice: ModelChoice
    megabytes: float
    device: str
    in_use: int


@dataclass(frozen=True, kw_only=True)
class CacheState:
    """The model cache at one moment."""

    entries: tuple[CacheEntry, ...]
    megabytes: float
    budget_megabytes: float
    hits: int
    misses: int
    evictions: int
