"""The report and the card of a chest X-ray study: what has to be there, and what must not."""

import base64
import io
import re
from dataclasses import replace
from html.parser import HTMLParser
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from cnn_core.results.xray_plan import STATEMENT, Scored
from cnn_core.results.xray_prevalence import ASSUMES
from cnn_core.runtime.report_failures import SIDE, failed_films
from cnn_core.runtime.report_privacy import WITHHELD, withholding
from cnn_core.runtime.report_tables import hash_table
from cnn_core.runtime.report_words import NO_LEAKAGE_STAMP
from cnn_core.runtime.xray_card import study_card
from cnn_core.runtime.xray_report import study_report
from tests.charts import film_sample
from tests.charts import study_sample as sample

PAGE_ONE = [
    "Intended use",
    "Patient flow",
    "Reference standard",
    "Sites, dates, age and sex",
    "Sample size",
    "Results by site",
    "Failure gallery",
    "Reader comparison",
]
WITH_SCORES = ["Results by site", "Failure gallery", "Audit", "Scores", "Decision"]
DATASET = SimpleNamespace(fingerprint="d" * 64)
VOID = {"meta", "img", "br", "hr", "input", "link"}


class Page(HTMLParser):
    """A page's elements with their attributes, and the text of each section."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.open, self.sections, self.title = [], [], {"": ""}, ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] == "h2":
            self.title = data
            self.sections[data] = ""
        elif "style" not in self.open:
            self.sections[self.title] += data


def scored(seed=0):
    probabilities = np.random.default_rng(seed).dirichlet((1, 1, 1), 12)
    return Scored(
        films=np.arange(12),
        labels=np.arange(12) % 3,
        patients=np.arange(12) // 2,
        folds=np.ones(12, dtype=np.int64),
        probabilities=probabilities,
        prior=np.array([0.4, 0.2, 0.4]),
        embeddings=np.zeros((12, 0), dtype=np.float32),
    )


def grey(_film):
    return np.linspace(0, 255, 64, dtype=np.uint8).reshape(8, 8)


def report(result=None, films=None, audit="given", **more):
    films = films or film_sample.film_set()
    return study_report(
        result or sample.study(),
        films,
        film_sample.plan(),
        sample.audit() if audit == "given" else audit,
        failures=failed_films(scored(), films, grey),
        scored=scored(),
        written=0.0,
        **more,
    )


@pytest.fixture(scope="module")
def text():
    return report()


@pytest.fixture(scope="module")
def page(text):
    return Page(text)


def test_it_needs_nothing_from_outside_and_can_be_printed(text, page):
    assert not {"script", "link", "iframe", "object", "embed", "form", "base"} & {
        tag for tag, _ in page.elements
    }
    for tag, attributes in page.elements:
        assert not [name for name in attributes if name.startswith("on")], tag
        for name in ("src", "href", "srcset", "xlink:href", "action"):
            assert attributes.get(name, "data:").startswith("data:"), (tag, name)
    assert "url(" not in text
    assert "@import" not in text
    policy = [each["content"] for tag, each in page.elements if "http-equiv" in each]
    assert policy == ["default-src 'none'; style-src 'unsafe-inline'; img-src data:"]
    assert "@media print" in text
    assert "@page { size: A4" in text
    assert "color-scheme: light" in text


def test_page_one_is_first_and_in_its_order(page):
    assert list(page.sections)[1 : 1 + len(PAGE_ONE)] == PAGE_ONE
    assert page.sections["Reader comparison"].strip() == "None made."
    assert "31 patients cannot guarantee 0.90." in page.sections["Decision"]
    assert "1 file: the file is cut off" in page.sections["Patient flow"]
    assert "text mining" in page.sections["Reference standard"]


@pytest.mark.parametrize("section", ["", *WITH_SCORES, "At assumed prevalences"])
def test_statement_and_red_flags_stand_at_the_top_and_beside_every_score(page, section):
    said = page.sections[section]
    assert STATEMENT in said
    assert "covid19 is carried by one source alone." in said
    assert "red audit" in said.lower()
    assert "unseen hospital: Performance on an unseen hospital cannot be measured" in said
    assert "trained on 6 patients of 2 sources" in said
    assert "adults, frontal films only" in said


def test_each_of_several_scores_has_them(page):
    for title in ("Cross-validation: 200 films", "Locked test: 200 films"):
        after = page.sections["Scores"].partition(title)[2]
        assert 0 < after.find("AUROC") < after.find("red audit: covid19")


def test_names_from_outside_are_text_and_nobody_is_named(text, page):
    assert [each for tag, each in page.elements if each.get("src") == "x"] == []
    assert film_sample.NASTY in page.sections["Reference standard"]
    assert sum(tag == "svg" for tag, _ in page.elements) >= 15
    assert not any(
        re.search(r"</?(svg|ul|li|figure|div)\b", words) for words in page.sections.values()
    )
    for name in (film_sample.PATIENT, "someone-3", "pneumonia/5.jpg"):
        assert name not in text
    assert (
        f"covid19 is carried by one source alone; see {WITHHELD}, for one."
        in (page.sections["Audit"])
    )
    assert "<b>General</b>" not in text


def test_a_predictive_value_names_the_prevalence_it_assumes(text, page):
    said = page.sections["At assumed prevalences"]
    assert ASSUMES in said
    values = re.findall(r"PPV \d[^<]{0,40}", text)
    assert values
    assert all("at an assumed prevalence of" in value for value in values)
    assert report(prevalences={"normal": 1.0}).count("at an assumed prevalence of") == 0


def test_films_without_patients_are_stamped():
    unknown = Page(report(films=film_sample.film_set(patients_known=False, synthetic=True)))
    assert NO_LEAKAGE_STAMP in unknown.sections[""]
    assert "synthetic films: drawn by a program" in unknown.sections[""]


def test_a_study_of_which_nothing_is_known_yet_says_so_in_every_place():
    bare = sample.study(
        cross_validation=None,
        locked=None,
        openings=(),
        gate=(),
        path=None,
        red=(),
        audit_level="not judged",
        run="",
        trained_on={},
    )
    page = Page(study_report(bare, film_sample.film_set(), film_sample.plan(), None, written=0.0))
    assert "Nothing was evaluated yet." in page.sections["Scores"]
    assert "These films were not audited." in page.sections["Audit"]
    assert "No failed films were given to this report." in page.sections["Failure gallery"]
    assert "a locked test, never opened" in page.sections[""]
    assert "red audit: these films were not audited" in page.sections[""]
    assert "At assumed prevalences" not in page.sections


def test_a_model_without_mistakes_says_so_and_the_checklist_counts_it():
    right = replace(scored(), probabilities=np.eye(3)[np.arange(12) % 3])
    page = Page(
        study_report(
            sample.study(),
            film_sample.film_set(),
            film_sample.plan(),
            None,
            scored=right,
            written=0.0,
        )
    )
    assert "No film was taken for another class." in page.sections["Failure gallery"]
    (row,) = re.findall(r"analysis of failures\s*(.*)", page.sections["Checklists"])
    assert row.startswith("reported")


def test_the_gallery_has_the_surest_mistakes_one_a_patient():
    said = scored()
    failures = failed_films(said, film_sample.film_set(), grey, most=4)
    sure = [film.probability for film in failures]
    assert sure == sorted(sure, reverse=True)
    assert all(film.truth != film.said for film in failures)
    wrong = said.probabilities.argmax(axis=1) != said.labels
    assert len(failures) == min(4, len(set(said.patients[wrong].tolist())))
    kind, _, data = failures[0].uri.partition(",")
    assert kind == "data:image/jpeg;base64"
    with Image.open(io.BytesIO(base64.b64decode(data))) as picture:
        assert (picture.format, picture.size, picture.mode) == ("JPEG", (SIDE, SIDE), "L")
        assert not picture.getexif()
    assert failures[0].digest in {film.picture[:12] for film in film_sample.film_set().films}


def test_a_run_is_called_by_its_own_fold_though_another_is_missing():
    result = sample.study(fold_runs=("run-1", "run-3", "run-9"))
    records = [
        SimpleNamespace(id=f"run-{fold}", config=SimpleNamespace(fold=fold), dataset=DATASET)
        for fold in (1, 3)
    ]
    rows = hash_table(result, film_sample.film_set(), film_sample.plan(), records)
    assert rows[4:7] == [
        ("run of fold 1", "run-1"),
        ("run of fold 3", "run-3"),
        ("run of a fold", "run-9"),
    ]


def test_words_that_name_a_patient_or_a_file_are_withheld_but_counts_and_sources_stay():
    films = film_sample.film_set()
    renamed = replace(films.films[0], patient="123456", name="a folder/Ann Smith.png")
    withheld = withholding(replace(films, films=(renamed, *films.films[1:])))
    assert withheld(f"See {film_sample.PATIENT}: twice (123456).") == (
        f"See {WITHHELD}: twice ({WITHHELD})."
    )
    assert withheld("In a folder/Ann Smith.png and Ann Smith.png") == (
        f"In {WITHHELD} and {WITHHELD}"
    )
    assert withheld("12 patients of County, 1,478 films") == "12 patients of County, 1,478 films"


def test_the_card_counts_films_by_licence_and_escapes():
    card = study_card(
        sample.study(),
        film_sample.film_set(),
        sample.audit(),
        {"Weights that it began with": "Apache-2.0"},
        command="python -m cnn_core train xray-triage",
    )
    assert "| CC BY 4.0 | 2 | 2 | 2 | 6 |" in card
    assert "| not stated | 2 | 2 | 2 | 6 |" in card
    assert "* Weights that it began with: Apache-2.0" in card
    assert card.count(STATEMENT) == 1
    assert card.index(STATEMENT) < card.index("**Red audit.**") < card.index("## Use")
    assert "* red audit: covid19 is carried by one source alone." in card.split("## Scores")[1]
    assert "<img" not in card.replace("\\<img", "")
    assert film_sample.PATIENT not in card
