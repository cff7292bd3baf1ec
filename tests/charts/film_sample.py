"""The films of the study that `study_sample` makes up, and who sees which of them."""

import hashlib

from cnn_core.results.films import Film, FilmFile, FilmSet, LabelRow
from cnn_core.results.pictures import Rejected
from cnn_core.results.xray_plan import StudyPlan

CLASSES = ("normal", "covid19", "pneumonia")
PATIENT = "cohen-covid:p0417"
NASTY = "<img src=x onerror=alert(1)>"


def film(number, label, patient=""):
    return Film(
        name=f"{label}/{patient or number}.jpg",
        label=label,
        patient=patient or f"someone-{number}",
        sha256=f"{number:064x}",
        picture=hashlib.sha256(str(number).encode()).hexdigest(),
        values=(str(30 + number), "CC BY 4.0" if number % 2 else "", "F", "County", "2020-03-01"),
        file=FilmFile(
            bytes=9,
            format="JPEG",
            mode="L",
            bits=8,
            compression="jpeg q75",
            width=9,
            height=9,
        ),
        phash="0" * 64,
        inverted_phash="0" * 64,
        mirrored_phash="0" * 64,
        brightness=0.5,
        contrast=0.2,
    )


def film_set(**changed):
    films = tuple(
        film(number, CLASSES[number % 3], PATIENT if number == 4 else "") for number in range(12)
    )
    rows = tuple(
        LabelRow(
            label=label,
            finding=f"{label} of the report {NASTY}",
            films=4,
            patients=4,
            established="PCR" if label == "covid19" else "text mining",
        )
        for label in CLASSES
    )
    given = {
        "id": "f" * 64,
        "title": f"Two hospitals {NASTY}",
        "classes": CLASSES,
        "columns": ("age", "licence", "sex", "source", "study_date"),
        "films": films,
        "snapshot": "5" * 64,
        "labels": rows,
        "patients_known": True,
        "rejected": (Rejected(name=f"{PATIENT}.png", reason="the file is cut off"),),
        "notes": ("EXIF orientation was applied.",),
    }
    return FilmSet(**(given | changed))


def plan(**changed):
    roles = ("fit", "fit", "fit", "temperature", "decide", "locked") * 2
    given = {
        "id": "a" * 64,
        "film_set": "f" * 64,
        "title": "Two hospitals",
        "classes": CLASSES,
        "films": tuple(range(12)),
        "labels": tuple(number % 3 for number in range(12)),
        "groups": tuple(range(12)),
        "patients": tuple(range(12)),
        "roles": roles,
        "folds": tuple(
            0 if role == "locked" else 1 + place % 4 for place, role in enumerate(roles)
        ),
        "fold_count": 4,
        "approximate": False,
        "seed": 3,
    }
    return StudyPlan(**(given | changed))
