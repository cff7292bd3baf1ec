"""What a person decided comes back as it was; what is damaged counts as nothing."""

import pytest

from cnn_core.results.pictures import Decision
from cnn_core.runtime.kept_decisions import read_steps, write_steps

SNAPSHOT, OWNER = "a" * 64, "b" * 16
STEPS = [
    (Decision(picture=3, action="exclude"), Decision(picture=4, action="exclude")),
    (Decision(picture=3, action="relabel", label="Rosé 玫瑰"),),
]


def test_steps_come_back_for_their_owner_alone(tmp_path):
    assert read_steps(tmp_path, SNAPSHOT, OWNER) is None
    write_steps(tmp_path, SNAPSHOT, OWNER, STEPS, grouped=False)
    assert read_steps(tmp_path, SNAPSHOT, OWNER) == (STEPS, False)
    assert read_steps(tmp_path, SNAPSHOT, "c" * 16) is None
    write_steps(tmp_path, SNAPSHOT, OWNER, [], grouped=True)
    assert read_steps(tmp_path, SNAPSHOT, OWNER) == ([], True)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"steps": [[[1]]], "grouped": true}', '{"steps": 1, "grouped": true}']
)
def test_a_damaged_file_counts_as_none(tmp_path, text):
    write_steps(tmp_path, SNAPSHOT, OWNER, STEPS, grouped=True)
    (path,) = tmp_path.rglob("*.json")
    path.write_text(text, encoding="utf-8")
    assert read_steps(tmp_path, SNAPSHOT, OWNER) is None


@pytest.mark.parametrize("name", ["", "../../etc", "A" * 64])
def test_a_name_that_is_no_digest_is_part_of_no_path(tmp_path, name):
    with pytest.raises(ValueError, match="digest"):
        write_steps(tmp_path, name, OWNER, STEPS, grouped=True)
