"""Film sets made in memory, and drawn ones in a store, without a file to decode."""

import dataclasses
import hashlib
import io

import numpy as np
from PIL import Image

from cnn_core.data.films.set_text import film_set_id
from cnn_core.data.pictures.manifest import snapshot_id
from cnn_core.results.films import Film, FilmFile, FilmSet, LabelRow
from cnn_core.results.pictures import PictureFile, Snapshot
from cnn_core.results.xray_audit import AuditFlag, XrayAudit

FILE = FilmFile(
    bytes=1, format="PNG", mode="L", bits=8, compression="deflate", width=320, height=320
)
CLASSES = ("normal", "covid19", "pneumonia")


def film(place, label, *, patient="", source="A", picture=None):
    """Return one film; `picture` is the digest of its picture."""
    digest = picture or hashlib.sha256(f"film {place}".encode()).hexdigest()
    return Film(
        name=f"{label}/{place:04d}.png",
        label=label,
        patient=patient,
        sha256=digest,
        picture=digest,
        values=(("30", "50", "70", "")[place % 4], source),
        file=FILE,
        phash=digest,
        inverted_phash=digest,
        mirrored_phash=digest,
        brightness=0.5,
        contrast=0.2,
    )


def film_set(patients=40, films_each=1, *, sources=("A", "B"), classes=CLASSES, pictures=None):
    """Return a set with so many patients of each class, so many films each, from each source."""
    films = []
    for label in classes:
        for patient in range(patients):
            for _ in range(films_each):
                films.append(
                    film(
                        len(films),
                        label,
                        patient=f"{label} {patient}",
                        source=sources[patient % len(sources)],
                        picture=None if pictures is None else pictures[len(films)],
                    )
                )
    return of_films(films, classes)


def of_films(films, classes=CLASSES):
    """Return the set of these films, sorted by class as they are."""
    return FilmSet(
        id="f" * 64,
        title="Clinic",
        classes=classes,
        columns=("age", "source"),
        films=tuple(films),
        snapshot="5" * 64,
        labels=tuple(
            LabelRow(label=label, finding="", films=1, patients=1, established="drawn")
            for label in classes
        ),
        patients_known=all(each.patient for each in films),
        synthetic=True,
    )


def stored_film_set(store, *, patients=8, films_each=1, drawn=True):
    """Return a set kept in `store`; drawn: squares, where a class has a grey of its own."""
    draw = np.random.default_rng(0)
    digests = None
    if drawn:
        with store.pictures.staging() as staging:
            digests = [
                staging.put(_square(draw, 60 + 60 * label))
                for label in range(len(CLASSES))
                for _ in range(patients * films_each)
            ]
    made = film_set(patients, films_each, pictures=digests)
    snapshot = Snapshot(
        id="",
        title=made.title,
        classes=tuple(sorted(made.classes)),
        pictures=tuple(
            PictureFile(
                sha256=each.picture,
                size=1,
                name=each.name,
                label=each.label,
                part="",
                width=320,
                height=320,
                phash="0" * 16,
                mirrored_phash="0" * 16,
                brightness=0.5,
                contrast=0.2,
            )
            for each in sorted(made.films, key=lambda each: (each.label, each.name))
        ),
        synthetic=True,
    )
    snapshot = dataclasses.replace(snapshot, id=snapshot_id(snapshot))
    made = dataclasses.replace(made, snapshot=snapshot.id)
    made = dataclasses.replace(made, id=film_set_id(made))
    store.pictures.save(snapshot)
    store.save(made)
    return made


def _square(draw, grey):
    pixels = draw.normal(grey, 40, (20, 20)).clip(0, 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).resize((320, 320), Image.Resampling.NEAREST).save(file, "PNG")
    return file.getvalue()


def red_audit(made):
    """Return an audit of a set with one red flag, as if it had been made."""
    flag = AuditFlag(part=6, name="one-source", level="red", value=1.0, sentence="All from one.")
    return XrayAudit(
        film_set=made.id,
        flags=(flag,),
        pairs=(),
        groups=tuple(range(len(made.films))),
        cross_label_patients=(),
        images_a_patient={},
        associations=(),
        blind=(),
        skill=(),
        sources=(),
        left_out=(),
        unseen="Unseen hospital: not measurable.",
        model="",
        seconds=0.0,
    )
