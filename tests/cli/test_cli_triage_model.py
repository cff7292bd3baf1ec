"""`triage-model`: what cannot be written is said in a sentence, before torch is loaded."""


def test_a_folder_that_cannot_be_written_is_said(lab, tmp_path):
    said = lab("triage-model", str(tmp_path / "none" / "model"))
    assert said.code == 1
    assert "OUT names the folder to write, but" in said.err
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("mine")
    said = lab("triage-model", str(tmp_path / "full"), "--json")
    assert said.code == 1
    assert "is not empty" in said.err


def test_a_study_that_is_none_is_said(lab, tmp_path):
    said = lab("triage-model", str(tmp_path / "model"), "--study", "no-such-study")
    assert said.code == 1
    assert "There is no triage model and no study named 'no-such-study'." in said.err
    assert not (tmp_path / "model").exists()
