"""docs/faults.md: every row names a test that is here, and every test here is in a row."""

import ast
import re
from pathlib import Path

HERE = Path(__file__).parent
TABLE = HERE.parents[1] / "docs" / "faults.md"


def test_every_fault_has_its_test():
    rows = [line for line in TABLE.read_text().splitlines() if line.startswith("| ")][1:]
    named = [re.findall(r"`(test_\w+)`", row) for row in rows]
    assert len(rows) >= 21
    assert all(named), rows[[bool(names) for names in named].index(False)]
    there = {
        node.name
        for path in HERE.glob("test_*.py")
        if path != Path(__file__)
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }
    assert {name for names in named for name in names} == there
