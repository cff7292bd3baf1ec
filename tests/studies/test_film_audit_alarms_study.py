"""The study of the audit's alarms: a short piece of it, and what it found."""

import json

from studies import film_audit_alarms as study
from studies.__main__ import RESULTS


def test_a_drawn_trap_is_seen_and_a_clean_set_would_be_said_to_have_missed_it():
    audit = study.audit_of("mirrored", seed=1, films=36, draws=20)
    assert study.unseen_traps(audit, study.TRAPS["mirrored"]) == []
    assert study.unseen_traps(audit, study.TRAPS["inverted"]) == ["inverted-duplicates"]
    assert len(set(audit.groups)) == 36 - 12


def test_the_study_found_no_false_alarm_and_no_trap_that_was_missed():
    kept = json.loads((RESULTS / "film_audit_alarms.json").read_text(encoding="utf-8"))
    assert kept["holds"]
    assert kept["clean"]["sets"] >= 20
    assert kept["clean"]["with_a_red_flag"] == 0
    assert {kind: each["wanted"] for kind, each in kept["traps"].items()} == study.TRAPS
    assert not any(missed for each in kept["traps"].values() for missed in each["missed"])
    assert {"hardware", "versions", "date", "command"} <= set(kept)
