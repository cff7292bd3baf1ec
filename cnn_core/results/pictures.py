"""A person's own pictures as the project knows them: plain values that travel between the layers.

A *snapshot* is what was copied of a folder: immutable, named by its content. A picture is named by
its place in the snapshot, so the same file in two classes is two pictures. What a person decides
(`Decision`) changes nothing in a snapshot; a *plan* is a snapshot with decisions and a split
applied, and what a run sees.
"""

from dataclasses import dataclass
from typing import Literal

Part = Literal["train", "valid", "test"]
PARTS: tuple[Part, ...] = ("train", "valid", "test")


@dataclass(frozen=True, kw_only=True)
class PictureFile:
    """One picture of a snapshot.

    Attributes:
        sha256: of its bytes as they came, hexadecimal; its name in the store.
        size: bytes.
        name: the path under which it came, for display alone: NFC, nothing unprintable, at most 200
            characters. Never part of a path on this machine.
        label: name of its class, cleaned likewise, at most 80 characters.
        part: the folder train/, val/ or test/ it came in, "" where there was none.
        width: pixels, after the EXIF orientation is applied.
        height: pixels.
        phash: perceptual hash, 64 bits, hexadecimal.
        mirrored_phash: of the picture mirrored left to right.
        brightness: mean luminance (ITU-R BT.601), 0 to 1.
        contrast: standard deviation of the luminance, 0 to 0.5.
    """

    sha256: str
    size: int
    name: str
    label: str
    part: Part | Literal[""]
    width: int
    height: int
    phash: str
    mirrored_phash: str
    brightness: float
    contrast: float


@dataclass(frozen=True, kw_only=True)
class Rejected:
    """A file that was left out, and why, in one sentence; `name` as `PictureFile.name`."""

    name: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """A folder of pictures as it was when it came.

    Attributes:
        id: SHA-256 of everything below but the title, hexadecimal.
        title: for a person ("flower_photos").
        classes: the class names, sorted.
        pictures: sorted by part, class and name.
        rejected: what was left out.
        notes: which rules were applied (nested folders, ...), a sentence each.
        synthetic: whether the pictures were drawn by a program; says so on every picture.
        licence: of the pictures, "" if not known.
        citation: where they are from, "" if not known.
    """

    id: str
    title: str
    classes: tuple[str, ...]
    pictures: tuple[PictureFile, ...]
    rejected: tuple[Rejected, ...] = ()
    notes: tuple[str, ...] = ()
    synthetic: bool = False
    licence: str = ""
    citation: str = ""


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What a person decided of one picture; of several for the same picture the last one counts.

    Attributes:
        picture: its place in `Snapshot.pictures`.
        action: "exclude"; "relabel" (to `label`); "keep" takes an earlier decision back.
        label: the new class for "relabel", one of the snapshot's; else "".
    """

    picture: int
    action: Literal["exclude", "relabel", "keep"]
    label: str = ""


@dataclass(frozen=True, kw_only=True)
class Selection:
    """What a person wants to train on: a snapshot, with what was decided on it.

    Attributes:
        snapshot: its id.
        decisions: in the order in which they were made.
        grouped: whether near-duplicates stay on one side of the split; False only on purpose.
    """

    snapshot: str
    decisions: tuple[Decision, ...] = ()
    grouped: bool = True


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a run sees: the pictures that are left, their classes, and the part of each.

    Attributes:
        id: SHA-256 of everything below, hexadecimal.
        snapshot: its id.
        title: the snapshot's.
        classes: the names of the outputs, in their order; classes without a picture are gone.
        pictures: places in `Snapshot.pictures`, ascending `(N,)`.
        sha256: of each picture's bytes `(N,)`.
        labels: index into `classes` of each `(N,)`.
        parts: the part of each `(N,)`.
        clusters: number of each picture's cluster of near-duplicates `(N,)`.
        decisions: as they were made.
        grouped: see `Selection`.
        seed: of the split.
        valid_share: what was asked for; what came out is in `parts`.
        test_share: likewise.
        notes: what had to be done to keep the parts clean, a sentence each ("3 training pictures
            that are near-duplicates of test pictures are left out").
    """

    id: str
    snapshot: str
    title: str
    classes: tuple[str, ...]
    pictures: tuple[int, ...]
    sha256: tuple[str, ...]
    labels: tuple[int, ...]
    parts: tuple[Part, ...]
    clusters: tuple[int, ...]
    decisions: tuple[Decision, ...]
    grouped: bool
    seed: int
    valid_share: float
    test_share: float
    notes: tuple[str, ...] = ()

    def count(self, part: Part) -> int:
        """Return how many pictures the part has."""
        return self.parts.count(part)


FindingKind = Literal[
    "exact-duplicates",
    "near-duplicates",
    "across-parts",
    "across-classes",
    "dark",
    "blank",
    "tiny",
    "odd-shape",
    "imbalance",
    "small-class",
    "one-class",
    "rejected",
]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something that the data doctor noticed.

    Attributes:
        kind: what sort of thing.
        severity: "problem" (training is refused or worthless), "warning" (look at it), "note".
        sentence: what it is, with its numbers.
        hint: what to do about it.
        pictures: places in `Snapshot.pictures`, the worst first; of duplicates, group by group.
        groups: of duplicates: places in `Snapshot.pictures`, a tuple for each group.
    """

    kind: FindingKind
    severity: Literal["problem", "warning", "note"]
    sentence: str
    hint: str
    pictures: tuple[int, ...] = ()
    groups: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True, kw_only=True)
class PictureSizes:
    """How large pictures are: least, median and greatest of each.

    Attributes:
        width: pixels.
        height: pixels.
        aspect: width by height.
        bytes: of all files together.
    """

    width: tuple[int, int, int]
    height: tuple[int, int, int]
    aspect: tuple[float, float, float]
    bytes: int


@dataclass(frozen=True, kw_only=True)
class Audit:
    """What the data doctor says of a snapshot under the decisions made so far.

    Attributes:
        snapshot: its id.
        counts: pictures by class, in the order of the snapshot's classes, after the decisions.
        part_counts: pictures by the part they came in ("" for none), after the decisions.
        clusters: number of each snapshot picture's cluster of near-duplicates.
        findings: the gravest first.
        sizes: of the pictures that are left; None if none are.
    """

    snapshot: str
    counts: dict[str, int]
    part_counts: dict[str, int]
    clusters: tuple[int, ...]
    findings: tuple[Finding, ...]
    sizes: PictureSizes | None = None

    @property
    def trainable(self) -> bool:
        """Whether nothing stands in the way of a training run."""
        return all(finding.severity != "problem" for finding in self.findings)


@dataclass(frozen=True, kw_only=True)
class IntakeProgress:
    """How far the copying of a folder has come; `total` is 0 while it is not known."""

    stage: Literal["listing", "copying", "checking"]
    done: int
    total: int
    name: str = ""
