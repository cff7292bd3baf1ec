"""Where this process stands among those that torchrun started; alone where it was not torchrun."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

_GIVEN_BY_TORCHRUN = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE")
_MEETING_POINT = ("MASTER_ADDR", "MASTER_PORT")


@dataclass(frozen=True, kw_only=True)
class Place:
    """One process's place, in torchrun's terms.

    Attributes:
        rank: which of all processes this is, from 0.
        world_size: how many there are, on all machines.
        local_rank: which of this machine's processes it is.
        local_world_size: how many there are on this machine.
    """

    rank: int = 0
    world_size: int = 1
    local_rank: int = 0
    local_world_size: int = 1


def find_place(environment: Mapping[str, str] = os.environ) -> Place:
    """Read torchrun's variables; where one is missing or no number, this process is alone.

    >>> find_place({"WORLD_SIZE": "2"})
    Place(rank=0, world_size=1, local_rank=0, local_world_size=1)
    """
    try:
        values = [int(environment[name]) for name in _GIVEN_BY_TORCHRUN]
    except (KeyError, ValueError):
        return Place()
    if not all(name in environment for name in _MEETING_POINT):
        return Place()
    rank, world_size, local_rank, local_world_size = values
    return Place(
        rank=rank,
        world_size=world_size,
        local_rank=local_rank,
        local_world_size=local_world_size,
    )
