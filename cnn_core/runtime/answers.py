"""How an answer is come by: kept from before, or found in a network that is borrowed for it.

Safe to call from any number of threads; what two ask at the same time is found once. torch is
imported with the first network.
"""

import contextlib
import functools
import hashlib
import os
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, TypeVar, cast

from cnn_core.results.inspection import Prepared
from cnn_core.results.model_cache import CacheEntry, CacheState
from cnn_core.runtime import networks
from cnn_core.runtime.model_cache import ModelCache
from cnn_core.runtime.networks import Network
from cnn_core.runtime.recent import Recent
from cnn_core.runtime.threads import usable_cores, wait_passively

if TYPE_CHECKING:
    from torch import Tensor, nn

RECENT_BYTES = 64 << 20
_MEGABYTE = 1e6

Result = TypeVar("Result")


@functools.cache
def load_torch() -> None:
    """Import torch as inference wants it: threads that sleep while they wait, one a usable core.

    For the thread that loads torch beside a page; whoever asks a network comes through here too.
    """
    wait_passively(os.environ)
    import torch

    torch.set_num_threads(usable_cores())


class Answers:
    """Networks in memory and what was found in them lately.

    Args:
        budget_bytes: of networks kept in memory.
        device: torch's name; None for a GPU where there is one, else the CPU.
    """

    def __init__(self, *, budget_bytes: int, device: str | None) -> None:
        self._cache = ModelCache(networks.load, budget_bytes=budget_bytes, device=device)
        self._recent = Recent(budget_bytes=RECENT_BYTES)

    @property
    def device(self) -> str:
        """Where networks are; "" while that is not known, because none was loaded."""
        return self._cache.device

    def answer(
        self,
        network: Network,
        question: tuple[Hashable, ...],
        work: Callable[["nn.Module"], Result],
        *,
        apart: bool = False,
        keep: Callable[[], bool] = lambda: True,
    ) -> Result:
        """Return what was found lately, or what `work` finds in the network.

        Args:
            network: which.
            question: what tells this answer from others.
            work: finds it.
            apart: whether it takes long, so that nobody shall wait for it.
            keep: asked afterwards, whether the answer is good for others.
        """
        key = (network, question)

        def find(model: "nn.Module") -> Result:
            meanwhile = self._recent.get(key)  # another session has asked the same
            if meanwhile is not None:
                return cast("Result", meanwhile)
            found = work(model)
            return self._recent.keep(key, found) if keep() else found

        known = self._recent.get(key)
        if known is not None:
            return cast("Result", known)
        load_torch()
        return self._cache.use(network, find, apart=apart)

    def borrow(self, network: Network) -> contextlib.AbstractContextManager["nn.Module"]:
        """Lend another network while an answer is found, apart: nobody waits for it."""
        return self._cache.borrow(network, apart=True)

    def state(self) -> CacheState:
        """Return which networks are in memory, and how often one was there already."""
        entries = tuple(
            CacheEntry(
                choice=network.choice,
                megabytes=size / _MEGABYTE,
                device=self._cache.device,
                in_use=users,
            )
            for network, size, users in self._cache.entries()
        )
        return CacheState(
            entries=entries,
            megabytes=sum(entry.megabytes for entry in entries),
            budget_megabytes=self._cache.budget_bytes / _MEGABYTE,
            hits=self._cache.hits,
            misses=self._cache.misses,
            evictions=self._cache.evictions,
        )

    def free(self) -> None:
        """Let go of every network and every answer; what is in use goes when it is done."""
        self._cache.free()
        self._recent.clear()


def picture_digest(prepared: Prepared) -> bytes:
    """Return what tells one picture in a network's form from another."""
    return hashlib.blake2b(prepared.normalised.tobytes(), digest_size=16).digest()


def picture_tensor(prepared: Prepared, model: "nn.Module") -> "Tensor":
    """Return the picture as float32 (1, C, H, W), of its own, where the network is."""
    import torch

    device = next((parameter.device for parameter in model.parameters()), torch.device("cpu"))
    return torch.tensor(prepared.normalised, device=device).unsqueeze(0)
