"""Under torchrun: rank 0 does what the command says, the other processes train beside it.

torchrun starts one command several times. Rank 0 alone goes through queue and store; the others
take its orders, which it writes into the key-value store that torchrun keeps:

    rank 0                       the others
    prepare, with the run  --->  read the data, build the network
                           <---  ready, or what is wrong
    train                  --->  join the process group, drive `fit`, throw its events away
    skip                   --->  forget the run: it was stopped, or somebody is not ready
    leave                  --->  end

After `train` nothing is said any more: `fit` itself keeps the processes together. A process that is
gone ends the run of the others with a sentence; torchrun ends what is left.
"""

import contextlib
import dataclasses
import datetime
import json
import socket
import time
from pathlib import Path
from typing import Any

import torch
from torch.distributed.rendezvous import rendezvous

from cnn_core.errors import CnnLabError, ConfigError
from cnn_core.results.config import TrainConfig
from cnn_core.results.runs import DatasetInfo, RunRecord
from cnn_core.runtime import queue
from cnn_core.runtime.begin import begin
from cnn_core.runtime.picture_runs import plan_within
from cnn_core.runtime.place import Place
from cnn_core.runtime.stopping import StopFlag, stop_on_signals
from cnn_core.runtime.threads import training_threads
from cnn_core.settings import Settings
from cnn_core.training.distributed import (
    ALONE,
    TIMEOUT_SECONDS,
    World,
    join,
    leave,
)
from cnn_core.training.fit import fit
from cnn_core.training.recipes import FILMS, OWN_PICTURES

_POLL_SECONDS = 0.05


class _Board:
    """Torchrun's key-value store, for orders and answers: each is written once, under a number."""

    def __init__(self, place: Place) -> None:
        self.place = place
        timeout = datetime.timedelta(seconds=TIMEOUT_SECONDS)
        with World(rank=place.rank, size=place.world_size).failures_in_words():
            self.store = next(rendezvous("env://", timeout=timeout))[0]
        self.number = 0

    def order(self, what: str, **more: object) -> None:
        """Write the next order (rank 0)."""
        self.number += 1
        self.store.set(f"order-{self.number}", json.dumps({"what": what, **more}))

    def next_order(self) -> dict[str, Any]:
        """Wait for the next order (the others)."""
        self.number += 1
        key = f"order-{self.number}"
        while not self.store.check([key]):
            time.sleep(_POLL_SECONDS)
        order: dict[str, Any] = json.loads(self.store.get(key))
        return order

    def answer(self, **words: str) -> None:
        """Answer the last order: nothing is "ready", else an error's message and hint."""
        self.store.set(f"answer-{self.number}-{self.place.rank}", json.dumps(words))

    def answers(self, stop: StopFlag) -> list[dict[str, str]] | None:
        """Wait for all others' answers; None if `stop` is asked for before."""
        keys = [f"answer-{self.number}-{rank}" for rank in range(1, self.place.world_size)]
        while not self.store.check(keys):
            if stop.asked:
                return None
            time.sleep(_POLL_SECONDS)
        return [json.loads(self.store.get(key)) for key in keys]


class Others:
    """The other processes of torchrun's, as rank 0 has them train beside it; `close` sends them."""

    def __init__(self, place: Place, runs: Path) -> None:
        self._place, self._runs = place, runs
        self._board = _Board(place)
        self._locks = contextlib.ExitStack()

    def gather(self, record: RunRecord, stop: StopFlag) -> World:
        """Have the others get ready for the run and join them; alone if `stop` is asked before.

        Raises:
            ConfigError: there is not a GPU for each process.
            CnnLabError: another process is not ready: its own sentence.
        """
        device = own_device(record.device, self._place)
        if device != record.device:
            raise ConfigError(
                f"{record.device} is one GPU, but torchrun started "
                f"{self._place.local_world_size} processes here.",
                hint="Say --device cuda, and choose GPUs with CUDA_VISIBLE_DEVICES.",
            )
        self._lock_the_other_gpus(device, stop)
        self._board.order(
            "prepare",
            recipe=record.recipe,
            config=dataclasses.asdict(record.config),
            dataset=dataclasses.asdict(record.dataset),
            device=record.device,
        )
        answers = self._board.answers(stop)
        wrong = [answer for answer in answers or [] if answer]
        if answers is None or wrong:
            self._board.order("skip")
        if wrong:
            raise CnnLabError(wrong[0]["message"], hint=wrong[0]["hint"])
        if answers is None:
            return ALONE
        self._board.order("train")
        return _join(self._board, device)

    def _lock_the_other_gpus(self, device: str, stop: StopFlag) -> None:
        """Hold this machine's other GPUs as `execute` holds the first, until `close`."""
        self._locks.close()
        if device != "cpu":
            for index in range(1, self._place.local_world_size):
                self._locks.enter_context(queue.device_lock(self._runs, f"cuda:{index}", stop))

    def close(self) -> None:
        """Let the others end."""
        self._locks.close()
        with contextlib.suppress(RuntimeError):  # torchrun itself may have gone
            self._board.order("leave")
        leave()


def _join(board: _Board, device: str) -> World:
    place = board.place
    return join(board.store, rank=place.rank, size=place.world_size, device=device)


def own_device(device: str, place: Place) -> str:
    """Return where the process at `place` trains, if rank 0 does on `device`.

    Raises:
        ConfigError: this machine has not a GPU for each of its processes.

    >>> own_device("cpu", Place(rank=1, world_size=2, local_rank=1, local_world_size=2))
    'cpu'
    """
    if device == "cpu":
        return device
    gpus = torch.cuda.device_count()
    if gpus < place.local_world_size:
        raise ConfigError(
            f"{socket.gethostname()} has {gpus} GPUs, but torchrun started "
            f"{place.local_world_size} processes there.",
            hint=f"Say --nproc-per-node={gpus}, or train on the CPU with --device cpu.",
        )
    return f"cuda:{place.local_rank}"


def train_beside(place: Place, home: Path) -> int:
    """Take rank 0's orders until it lets this process go; return the exit code.

    Args:
        place: this process's, not rank 0.
        home: where this machine's data sets are.

    Raises:
        CnnLabError: rank 0, or another process, has gone.
    """
    torch.set_num_threads(training_threads())
    board = _Board(place)
    lost = World(rank=place.rank, size=place.world_size).failures_in_words
    while True:
        with lost():
            order = board.next_order()
        if order["what"] == "leave":
            leave()
            return 0
        if order["what"] == "prepare":
            _train_one(board, order, home)


def _train_one(board: _Board, order: dict[str, Any], home: Path) -> None:
    """Get ready for a run, say so, and train it if rank 0 says so too."""
    config, dataset = TrainConfig(**order["config"]), DatasetInfo(**order["dataset"])
    if dataset.source in (OWN_PICTURES, FILMS):
        own = Settings.from_environment().pictures
        own = own / FILMS if dataset.source == FILMS else own
        dataset = dataclasses.replace(dataset, location=str(plan_within(own, dataset.location)))
    elif dataset.location:
        dataset = dataclasses.replace(dataset, location=str(home))
    who = f"Process {board.place.rank} of {board.place.world_size} on {socket.gethostname()}"
    try:
        device = own_device(order["device"], board.place)
        begun = begin(order["recipe"], config, dataset, device)
    except CnnLabError as exc:
        board.answer(message=f"{who}: {exc.message}", hint=exc.hint)
        board.next_order()
        return
    except Exception as exc:
        board.answer(message=f"{who} failed ({type(exc).__name__}).", hint="Its words are above.")
        raise
    board.answer()
    if board.next_order()["what"] != "train" or begun is None:
        return
    world = _join(board, device)
    stop = StopFlag()
    with stop_on_signals(stop):
        if config.rate_finder == "on" and begun.state.front is not None:
            config = dataclasses.replace(config, learning_rate=world.from_rank_0(0.0))
        for _ in fit(begun.state, begun.splits, config, world):
            begun.state.stop = stop.asked
