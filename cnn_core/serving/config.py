"""What a service is started with: one frozen value, checked once."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from cnn_core.data.decode import MAX_BYTES
from cnn_core.errors import ConfigError
from cnn_core.results.triage import Asked

MOST_VIEWS = 16
MOST_NEAREST = 20
_FORM_BYTES = 64 * 2**10  # what a form adds to the file in it


@dataclass(frozen=True, kw_only=True)
class ServiceConfig:
    """How a service answers.

    Attributes:
        host: address that it listens on.
        port: its port, 0: any that is free.
        workers: films that are worked on at the same time, a thread each.
        decoders: processes that decode them.
        queue: films that may wait beside those.
        seconds: that a request may take: its upload, and then its answer.
        max_bytes: of a film's file.
        drain: seconds between a request to end and the end of listening; readiness says no
            meanwhile, so that a balancer sends nobody any more.
        api_key: what callers have to give, "" for nothing.
        prevalences: share of each class that probabilities are shown at; {}: the project's own.
    """

    host: str = "127.0.0.1"
    port: int = 8600
    workers: int = 2
    decoders: int = 2
    queue: int = 8
    seconds: float = 30.0
    max_bytes: int = MAX_BYTES
    drain: float = 0.0
    api_key: str = field(default="", repr=False)
    prevalences: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _validate("port", self.port, 0, 65_535)
        _validate("workers", self.workers, 1, 64)
        _validate("decoders", self.decoders, 1, 64)
        _validate("queue", self.queue, 0, 1_000)
        _validate("seconds", self.seconds, 0.01, 600)
        _validate("drain", self.drain, 0, 600)
        _validate("max_bytes", self.max_bytes, 1, MAX_BYTES)

    @property
    def places(self) -> int:
        """Films that may be worked on or wait."""
        return self.workers + self.queue

    @property
    def body_bytes(self) -> int:
        """What the body of a request may have."""
        return self.max_bytes + _FORM_BYTES


def _validate(name: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:
        raise ConfigError(
            f"`{name}` must lie between {least:g} and {most:,.12g}, but it is {value:,.12g}.",
            hint="See `python -m cnn_core serve --help`.",
        )


PLAIN = Asked()
"""What is asked of a film unless a request says otherwise: the decision alone."""
