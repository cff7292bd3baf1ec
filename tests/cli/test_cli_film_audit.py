"""`audit DIR --task xray`: flags as JSON and in words, of films that were taken in before."""

import json

import pytest

from cnn_core.cli.film_audit import write_audit
from cnn_core.cli.main import main
from cnn_core.results.xray_plan import STATEMENT
from cnn_core.runtime.kept_audits import kept_audit
from cnn_core.runtime.xray_runs import film_store
from cnn_core.settings import Settings
from tests.film_sets import stored_film_set


@pytest.fixture
def films(tmp_path, monkeypatch):
    """A drawn set in a store of its own: its store, and the set."""
    monkeypatch.setenv("CNN_LAB_PICTURES", str(tmp_path))
    store = film_store(Settings.from_environment())
    return store, stored_film_set(store, patients=8)


def test_an_audit_as_json_and_in_words(films, capsys):
    store, film_set = films
    assert main(["audit", film_set.id[:12], "--task", "xray", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["statement"] == STATEMENT
    assert (found["film_set"], found["films"]) == (film_set.id, 24)
    assert found["level"] == "red"  # eight patients a class: no source carries one
    for flag in found["flags"]:
        assert {"name", "level", "value", "sentence", "part"} == set(flag)
    names = {flag["name"]: flag["level"] for flag in found["flags"]}
    assert names["sources-covid19"] == "red"
    assert names["patients-known"] == "green"
    kept = kept_audit(store, film_set.id)
    assert [flag.name for flag in kept.flags] == [flag["name"] for flag in found["flags"]]
    write_audit(film_set, kept)
    said = capsys.readouterr().out
    assert said.startswith(STATEMENT)
    assert "6. Sources" in said
    assert "Audit: red (" in said


def test_what_is_refused(films, capsys, tmp_path):
    _, film_set = films
    assert main(["audit", film_set.id, "--task", "xray", "--exclude", "3"]) == 1
    assert "--exclude" in capsys.readouterr().err
    assert main(["audit", str(tmp_path / "nowhere"), "--task", "xray"]) == 1
    assert "error: " in capsys.readouterr().err
    assert main(["audit", "0" * 12, "--task", "xray", "--json"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "0" * 12 in captured.err
