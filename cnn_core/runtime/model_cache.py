"""Networks in memory: loaded once, shared by all sessions, least recently used out by bytes.

`borrow` lends a network to one borrower at a time (one lock an entry): explaining hangs hooks on
modules, and a hook sees every pass. Long work borrows `apart`: modules of its own over the same
parameters, so that nobody waits for it and it costs no memory. Networks are lent in evaluation
mode, on the cache's device; borrowers change nothing.

A network that somebody uses, or waits for, is never pushed out; what is larger than the whole
budget is lent and then dropped. Safe to call from any number of threads. torch is imported with
the first network.
"""

import contextlib
import copy
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from cnn_core.errors import CnnLabError

if TYPE_CHECKING:
    from torch import nn

Key = TypeVar("Key", bound=Hashable)
Result = TypeVar("Result")


@dataclass(eq=False)
class _Entry:
    """One network: `users` borrow it or wait for it; `model` is None until it is loaded."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    model: "nn.Module | None" = None
    failure: Exception | None = None
    size: int = 0
    users: int = 0
    leaving: bool = False


class ModelCache(Generic[Key]):
    """Networks by key.

    Args:
        load: makes the network of a key; called once however many ask for it at the same time.
            What it raises reaches everybody who waited, and the next one tries again.
        budget_bytes: of parameters and buffers together.
        device: torch's name; None for a GPU where there is one, else the CPU.
    """

    def __init__(
        self, load: Callable[[Key], "nn.Module"], *, budget_bytes: int, device: str | None = None
    ) -> None:
        self.budget_bytes = budget_bytes
        self.hits = self.misses = self.evictions = 0
        self._load = load
        self._device = device
        self._entries: OrderedDict[Key, _Entry] = OrderedDict()  # least recently used first
        self._lock = threading.Lock()

    @property
    def device(self) -> str:
        """The device's name in torch; "" while that is not known, because torch is not loaded."""
        return self._device or ""

    def entries(self) -> list[tuple[Key, int, int]]:
        """Return key, bytes and number of users of each network, least recently used first."""
        with self._lock:
            return [
                (key, entry.size, entry.users)
                for key, entry in self._entries.items()
                if entry.model is not None
            ]

    @contextlib.contextmanager
    def borrow(self, key: Key, *, apart: bool = False) -> Iterator["nn.Module"]:
        """Lend the network of `key`, loaded first if need be.

        Args:
            key: which.
            apart: lend modules of its own over the same parameters, and keep nobody waiting.

        Raises:
            Exception: what `load` raises.
        """
        entry = self._enter(key)
        try:
            with entry.lock:
                model = self._ready(key, entry)
                if not apart:
                    yield model
                    return
                model = _twin(model)
            yield model
        finally:
            self._leave(key, entry)

    def use(
        self, key: Key, work: Callable[["nn.Module"], Result], *, apart: bool = False
    ) -> Result:
        """Return `work(network)`; where memory runs out, drop other networks and try once more.

        Raises:
            CnnLabError: there is not enough memory all the same.
            Exception: what `load` or `work` raise.
        """
        from cnn_core.runtime.halving import out_of_memory

        try:
            with self.borrow(key, apart=apart) as model:
                return work(model)
        except Exception as exc:
            if not out_of_memory(exc):
                raise
        self.free()  # the exception is gone, and with it the frames that hold what did not fit
        try:
            with self.borrow(key, apart=apart) as model:
                return work(model)
        except Exception as exc:
            if not out_of_memory(exc):
                raise
            where = "this machine" if self.device == "cpu" else f"the GPU ({self.device})"
            raise CnnLabError(
                f"There is not enough memory on {where} to look into this network.",
                hint="Choose a smaller one, or wait until what runs beside it has ended.",
            ) from exc

    def free(self) -> None:
        """Drop every network: at once, or when those who use it have done."""
        with self._lock:
            for key, entry in list(self._entries.items()):
                entry.leaving = True
                if entry.users == 0:
                    del self._entries[key]
        self._give_back()

    def _enter(self, key: Key) -> _Entry:
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                self.misses += 1
                entry = self._entries[key] = _Entry()
            else:
                self.hits += 1
                self._entries.move_to_end(key)
            entry.users += 1
        return entry

    def _leave(self, key: Key, entry: _Entry) -> None:
        with self._lock:
            entry.users -= 1
            if entry.users == 0:
                entry.failure = None  # its frames hold the entry
                if entry.leaving and self._entries.get(key) is entry:
                    del self._entries[key]
            dropped = self._make_room() or entry.leaving
        if dropped:
            self._give_back()

    def _ready(self, key: Key, entry: _Entry) -> "nn.Module":
        """Return the entry's network, loaded by whoever holds its lock first."""
        if entry.failure is not None:
            raise entry.failure
        if entry.model is None:
            try:
                model = self._load(key).eval().to(self._find_device())
            except Exception as exc:
                with self._lock:
                    entry.failure = exc
                    self._entries.pop(key)
                raise
            with self._lock:
                entry.model, entry.size = model, size_in_bytes(model)
                dropped = self._make_room()
            if dropped:
                self._give_back()
        return entry.model

    def _make_room(self) -> bool:
        """Push unused networks out until the rest fits; return whether any went."""
        too_much = sum(entry.size for entry in self._entries.values()) - self.budget_bytes
        gone = []
        for key, entry in self._entries.items():
            if too_much <= 0:
                break
            if entry.users == 0:
                too_much -= entry.size
                gone.append(key)
        for key in gone:
            del self._entries[key]
        self.evictions += len(gone)
        return bool(gone)

    def _find_device(self) -> str:
        if self._device is None:
            import torch

            self._device = "cuda" if torch.cuda.is_available() else "cpu"
        return self._device

    def _give_back(self) -> None:
        """Give the GPU's memory that nothing uses any more back to other processes."""
        if self.device.startswith("cuda"):
            import torch

            torch.cuda.empty_cache()


def size_in_bytes(model: "nn.Module") -> int:
    """Return the bytes of a network's parameters and buffers.

    >>> from torch import nn
    >>> size_in_bytes(nn.Linear(3, 2))
    32
    """
    tensors = [*model.parameters(), *model.buffers()]
    return sum(tensor.nelement() * tensor.element_size() for tensor in tensors)


def _twin(model: "nn.Module") -> "nn.Module":
    """Return modules (and with them hooks) of their own over the same parameters and buffers."""
    tensors = [*model.parameters(), *model.buffers()]
    return copy.deepcopy(model, {id(tensor): tensor for tensor in tensors})
