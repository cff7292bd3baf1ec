"""Tables as CSV that a spreadsheet opens: no cell of it is taken for a formula. Pure."""

import csv
import io
from collections.abc import Iterable, Sequence

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def safe_cell(value: object) -> object:
    """Return a cell; text that a spreadsheet would calculate begins with an apostrophe.

    Numbers are left as they are, a negative one too; None is an empty cell. After OWASP, "CSV
    injection".

    >>> safe_cell("=1+1"), safe_cell(" @SUM(A1)"), safe_cell(-0.5), safe_cell(None)
    ("'=1+1", "' @SUM(A1)", -0.5, '')
    """
    if value is None:
        return ""
    if isinstance(value, str) and (value[:1] in _FORMULA[4:7] or value.lstrip()[:1] in _FORMULA):
        return f"'{value}" if value else value
    return value


def csv_text(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    r"""Return a table as CSV: a heading, a line a row, CRLF (RFC 4180).

    >>> csv_text(["file", "score"], [["-1.png", 0.25], ['a "b", c', None]])
    'file,score\r\n\'-1.png,0.25\r\n"a ""b"", c",\r\n'
    """
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([safe_cell(cell) for cell in header])
    for row in rows:
        writer.writerow([safe_cell(cell) for cell in row])
    return text.getvalue()
