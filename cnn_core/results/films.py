"""Chest radiographs as the project knows them: plain values that travel between the layers.

A *film* is one radiograph. What goes into a network is its *picture*: grey, percentile-clipped,
padded to a square, kept in a `PictureStore` of its own; everything else (where it is from, what its
file was like, what the table says of it) is here, for the audit.
"""

from dataclasses import dataclass
from typing import Literal

from cnn_core.results.pictures import Rejected

MISSING = ""
"""The level of a table's column where nothing is known ("", "unknown", "frontal" as a view)."""

KNOWN_COLUMNS = ("source", "site", "view", "age", "sex", "study_date", "licence", "split")
"""Columns of a manifest that have a meaning; others are kept and audited."""

FINDING_COLUMNS = ("finding", "findings", "diagnosis")
"""Columns that say what stands behind a label, as `folded_column` spells them."""

ESTABLISHED_COLUMNS = (
    "established",
    "reference_standard",
    "label_source",
    "confirmed_by",
    "ground_truth",
)
"""Columns that say how a label was found, likewise."""

TWO_LABELS = "The same image has two labels"
"""How the reason begins for which such a film is left out; what follows names another file."""

FilmFormat = Literal["PNG", "JPEG", "DICOM"]


def folded_column(name: str) -> str:
    """Return a column's name in the spelling in which names are compared.

    >>> folded_column("Reference standard")
    'reference_standard'
    """
    return name.casefold().replace(" ", "_")


def describes_label(name: str) -> bool:
    """Say whether a column tells the label in other words, or how it was found, by its name.

    >>> describes_label("Findings"), describes_label("view")
    (True, False)
    """
    return folded_column(name) in (*FINDING_COLUMNS, *ESTABLISHED_COLUMNS)


def reason_to_count(reason: str) -> str:
    """Return a reason for which a file was left out, without the name of any other file.

    >>> reason_to_count(f"{TWO_LABELS}: 'normal' here, and 'covid19' as 'jane.png'.")
    'The same image has two labels.'
    """
    return f"{TWO_LABELS}." if reason.startswith(TWO_LABELS) else reason


@dataclass(frozen=True, kw_only=True)
class FilmFile:
    """What a film's file tells without its picture.

    Attributes:
        bytes: its size.
        format: "PNG", "JPEG" or "DICOM".
        mode: how pixels are stored: Pillow's mode ("L", "RGB", "I;16"), or the photometric
            interpretation ("MONOCHROME1").
        bits: of a stored value (8, 12, 16).
        compression: "deflate", "jpeg q75" (estimated from the tables), the transfer syntax.
        width: pixels, the right way up.
        height: pixels.
    """

    bytes: int
    format: FilmFormat
    mode: str
    bits: int
    compression: str
    width: int
    height: int


@dataclass(frozen=True, kw_only=True)
class Film:
    """One radiograph of a film set.

    Attributes:
        name: the path under which it came, for display alone.
        label: its class.
        patient: as the table names the patient, or a salted digest of that or of the identifier
            in the file's header; MISSING where neither names one.
        sha256: of its bytes as they came, hexadecimal.
        picture: SHA-256 of its picture, a grey PNG of `SIDE` pixels a side, in the picture store.
        values: the table's other columns, in the order of `FilmSet.columns`.
        file: what its file tells.
        phash: perceptual hash of the picture, 256 bits (`hash_size=16`), hexadecimal.
        inverted_phash: of the picture inverted.
        mirrored_phash: of the picture mirrored left to right.
        brightness: mean grey before anything was clipped or stretched, 0 to 1.
        contrast: standard deviation of the same, 0 to 0.5.
    """

    name: str
    label: str
    patient: str
    sha256: str
    picture: str
    values: tuple[str, ...]
    file: FilmFile
    phash: str
    inverted_phash: str
    mirrored_phash: str
    brightness: float
    contrast: float


SIDE = 320
"""Pixels a side of a film's picture in the store."""


@dataclass(frozen=True, kw_only=True)
class LabelRow:
    """One class of the label table that opens every study.

    Attributes:
        label: the class.
        finding: what the data say stands behind it ("Pneumonia (text-mined label)"), "" if nothing.
        films: how many.
        patients: how many; films without a patient count as one patient each.
        established: how the label was found (PCR, report, text mining), "" if not stated.
    """

    label: str
    finding: str
    films: int
    patients: int
    established: str


@dataclass(frozen=True, kw_only=True)
class FilmSet:
    """A set of films as it was when it came.

    Attributes:
        id: SHA-256 of everything below but the title, hexadecimal.
        title: for a person.
        classes: the class names: "normal" first where there is one, the rest sorted.
        columns: names of the table's columns beside file, label and patient_id, sorted.
        films: sorted by label and name.
        snapshot: id of the snapshot that has their pictures, in the films' picture store; the
            picture of `films[i]` is that of `Film.picture`.
        labels: the label table.
        patients_known: whether every film names its patient.
        rejected: what was left out.
        notes: which rules were applied, a sentence each.
        synthetic: whether the films were drawn by a program; says so on every picture.
        licence: of all films together, "" if not known or stated film by film.
        citation: where they are from, "" if not known.
    """

    id: str
    title: str
    classes: tuple[str, ...]
    columns: tuple[str, ...]
    films: tuple[Film, ...]
    snapshot: str
    labels: tuple[LabelRow, ...]
    patients_known: bool
    rejected: tuple[Rejected, ...] = ()
    notes: tuple[str, ...] = ()
    synthetic: bool = False
    licence: str = ""
    citation: str = ""

    def column(self, name: str) -> tuple[str, ...]:
        """Return what each film has in a column, MISSING throughout where there is no such column.

        Returns:
            One value a film `(N,)`.
        """
        if name not in self.columns:
            return (MISSING,) * len(self.films)
        place = self.columns.index(name)
        return tuple(film.values[place] for film in self.films)


@dataclass(frozen=True, kw_only=True)
class FilmSetHeader:
    """A film set without its films: enough for a list."""

    id: str
    title: str
    classes: tuple[str, ...]
    films: int
    patients: int
    synthetic: bool
    taken: float


@dataclass(frozen=True, kw_only=True)
class FilmProgress:
    """How far a long piece of work on films has come.

    Attributes:
        stage: what is being done, for a person ("Reading films").
        done: how many of `total`.
        total: 0 while it is not known.
        seconds: since the stage began.
        seconds_left: about how long all of it will still take, None while that is not known.
    """

    stage: str
    done: int
    total: int
    seconds: float
    seconds_left: float | None = None
