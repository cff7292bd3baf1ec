"""Intervals and guarantees of the X-ray study: what the long simulation found, and a short one."""

import json
from pathlib import Path

import pytest

from studies import xray_intervals as study

KEPT = json.loads(
    (Path(study.__file__).parent / "results" / "xray_intervals.json").read_text(encoding="utf-8")
)


def test_the_kept_simulation_holds_for_every_design():
    parts = [KEPT[name] for name in ("proportions", "auroc", "conformal", "points")]
    assert KEPT["holds"]
    assert all(row["holds"] for rows in parts for row in rows)
    assert {"hardware", "versions", "date", "command"} <= set(KEPT)


@pytest.mark.parametrize("part", ["proportions", "auroc"])
def test_it_went_over_all_shares_sizes_and_clusters(part):
    seen = {(row["share"], row["n"], row["cluster"]) for row in KEPT[part]}
    assert seen == {(p, n, c) for p in study.SHARES for n in study.SIZES for c in (1, 4)}


@pytest.mark.parametrize(
    "design", list(study.designs()), ids=lambda one: "-".join(map(str, one.values()))
)
def test_shares_of_clustered_films_are_covered(design):
    hits = [study.share_covers(0.95, 40, design, 10_000 + seed, 50) for seed in range(150)]
    assert sum(hits) / 150 >= 0.9


def test_areas_of_clustered_films_are_covered():
    design = {"cluster": 4, "correlation": 0.3, "n_counts": "patients"}
    hits = [study.auroc_covers(0.9, 40, design, 10_000 + seed, 100) for seed in range(100)]
    assert sum(hits) / 100 >= 0.88


def test_four_films_of_a_patient_do_not_break_the_guarantees():
    design = {"cluster": 4, "correlation": 0.6, "n_counts": "patients"}
    failed = [study.point_fails(36, design, 10_000 + seed) for seed in range(300)]
    assert max(map(sum, zip(*failed, strict=True))) / 300 <= 0.055
    kept = [study.conformal_coverage(39, design, 10_000 + seed) for seed in range(60)]
    assert sum(kept) / 60 == pytest.approx(36 / 40, abs=0.02)
