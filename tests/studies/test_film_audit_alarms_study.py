"""The study of the audit's alarms: a short piece of it, and what it found."""

from studies import film_audit_alarms as study


def test_a_drawn_trap_is_seen_and_a_clean_set_would_be_said_to_have_missed_it():
    audit = study.audit_of("mirrored", seed=1, films=36, draws=20)
    assert study.unseen_traps(audit, study.TRAPS["mirrored"]) == []
    assert study.unseen_traps(audit, study.TRAPS["inverted"]) == ["inverted-duplicates"]
    assert len(set(audit.groups)) == 36 - 12
