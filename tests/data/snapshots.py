"""Snapshots made of words: pictures that differ in what a test is about, and in nothing else."""

import hashlib
from dataclasses import replace

import numpy as np

from cnn_core.results.pictures import PictureFile, Snapshot

WORDS = np.random.default_rng(1).integers(0, 2**64, size=(4_096, 2), dtype=np.uint64)


def made_picture(number, label, *, part="", flip=0, like=None, **changes):
    """A picture of its own; with `like`, that one's hash but for the bits in `flip`."""
    word, mirrored = (int(value) for value in WORDS[number if like is None else like])
    name = f"{label}/{number}.jpg"
    values = PictureFile(
        sha256=hashlib.sha256(name.encode()).hexdigest(),
        size=1_000 + number,
        name=name,
        label=label,
        part=part,
        width=320,
        height=240,
        phash=f"{word ^ flip:016x}",
        mirrored_phash=f"{mirrored ^ flip:016x}",
        brightness=0.5,
        contrast=0.2,
    )
    return replace(values, **changes)


def made_snapshot(pictures, **changes):
    """A snapshot of pictures in the order in which they come."""
    values = Snapshot(
        id="5" * 64,
        title="made",
        classes=tuple(sorted({picture.label for picture in pictures})),
        pictures=tuple(pictures),
    )
    return replace(values, **changes)


def plain_snapshot(**sizes):
    """So many different pictures of each class (`roses=3`)."""
    labels = [label for label, count in sizes.items() for _ in range(count)]
    return made_snapshot([made_picture(number, label) for number, label in enumerate(labels)])
