"""manifest.csv: case 55 of the bad inputs, what counts as missing, and the real one."""

import pytest

from cnn_core.data.films.table import read_table
from cnn_core.errors import DataError


def table(*lines, header="file,label,patient_id,view"):
    return read_table("\n".join((header, *lines)).encode())


REFUSED = {
    "wrong encoding": ("file,label\nf\xe9.png,normal\n".encode("latin-1"), "not in UTF-8: byte 13"),
    "UTF-16": ("file,label\na,b\n".encode("utf-16"), "not in UTF-8"),
    "bytes that are no text": (b"file,label\n\0,normal\n", "no text"),
    "no label column": (b"file,class\na.png,normal\n", "no column 'label'; .* 'file' and 'class'"),
    "empty": (b"", "no column 'file' and 'label'; its first line has nothing"),
    "a column twice": (b"file,label,view,View\na.png,normal,PA,AP\n", "'view' more than once"),
    "a million rows": (b"file,label\n" + b"a.png,normal\n" * 1_000_000, "more than 100,000 rows"),
    "a thousand columns": (b"file,label," + b",".join(b"c%d" % n for n in range(999)), "1,001 col"),
    "an endless cell": (b'file,label\n"' + b"a" * 200_000, "damaged"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_55_refused_as_a_whole(case):
    payload, words = REFUSED[case]
    with pytest.raises(DataError, match=words) as caught:
        read_table(payload)
    assert caught.value.hint


LEFT_OUT = {
    "another length": ("a.png,normal,1", "has 3 cells, but the first line has 4"),
    "no file": (",normal,1,PA", "names no file"),
    "no label": ("a.png,unknown,1,PA", "gives it no label"),
    "leaves the folder": ("../a.png,normal,1,PA", "not a path inside its folder"),
    "an absolute path": ("/etc/passwd,normal,1,PA", "not a path inside its folder"),
}


@pytest.mark.parametrize("case", LEFT_OUT)
def test_55_a_row_is_left_out_with_its_reason(case):
    row, words = LEFT_OUT[case]
    found = table("sound.png,normal,2,AP", row)
    assert [item.parts for item in found.rows] == [("sound.png",)]
    assert words in found.rejected[0].reason


def test_55_a_file_twice_counts_once_and_not_at_all_with_two_labels():
    found = table("a.png,normal,1,PA", "a.png,Normal,1,AP", "b.png,normal,2,", "b.png,covid19,2,")
    assert [(row.parts, row.values) for row in found.rows] == [(("a.png",), {"view": "PA"})]
    assert [item.reason for item in found.rejected] == [
        "The table names it 2 times; its first row counts.",
        "The table names it 2 times with the labels covid19 and normal.",
    ]


def test_55_a_byte_order_mark_and_semicolons_are_read():
    found = read_table("\ufefffile;label\na.png;normal\n".encode())
    assert found.rows[0].parts == ("a.png",)


def test_55_formula_cells_are_text_and_counted():
    found = table("a.png,normal,=cmd()|' /C calc'!A0,-1.5", 'b.png,normal,2,"@SUM(1,1)"')
    assert found.rows[0].patient == "=cmd()|' /C calc'!A0"
    assert any("2 cells of the table look like a formula" in note for note in found.notes)


def test_missing_is_one_level_whatever_it_was_called():
    found = table("a.png,normal, Unknown,frontal", "b.png,COVID-19,p2, PA ", "c.png,Effusion,,")
    assert [(row.label, row.patient, row.values["view"]) for row in found.rows] == [
        ("normal", "", ""),
        ("covid19", "p2", "PA"),
        ("Effusion", "", ""),
    ]


def test_unknown_columns_are_kept_and_known_ones_found_in_any_case():
    found = table("a.png,normal,61,x", header="File,LABEL,Age,Scanner")
    assert found.columns == ("age", "Scanner")
    assert found.rows[0].values == {"age": "61", "Scanner": "x"}


def test_as_many_rows_as_are_read_and_one_more(monkeypatch):
    monkeypatch.setattr("cnn_core.data.films.table.MAX_ROWS", 2)
    assert len(table("a.png,normal,1,", "b.png,normal,2,").rows) == 2
    with pytest.raises(DataError, match="more than 2 rows"):
        table("a.png,normal,1,", "b.png,normal,2,", "c.png,normal,3,")


def test_the_table_of_the_real_films(data_home):
    found = read_table((data_home / "chest_xray" / "manifest.csv").read_bytes())
    assert len(found.rows) == 1478
    assert not found.rejected
    assert {row.label for row in found.rows} == {"normal", "pneumonia", "covid19"}
    assert sum(row.values["view"] == "" for row in found.rows) == 1000
    labels: dict[str, set[str]] = {}
    for row in found.rows:
        labels.setdefault(row.patient, set()).add(row.label)
    assert sum(len(of_patient) > 1 for of_patient in labels.values()) == 25
