"""Every page of the catalog, by being listed: its file, its row, drawn without error or torch."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from streamlit.material_icon_names import ALL_MATERIAL_ICONS
from streamlit.testing.v1 import AppTest

from cnn_core.ui.catalog import DEFAULT_SLUG, PAGES, PAGES_FOLDER, find_page, sections

ROOT = Path(__file__).resolve().parents[2]
APP = ROOT / "app.py"
TIMEOUT_S = 60
DRAWN_WITHOUT_TORCH = [row for row in PAGES if not row.needs_torch]
each_page = pytest.mark.parametrize("row", PAGES, ids=[row.slug for row in PAGES])


def draw(slug: str) -> AppTest:
    app = AppTest.from_file(APP, default_timeout=TIMEOUT_S)
    if slug != DEFAULT_SLUG:
        app.switch_page(f"pages/{slug}.py")
    return app.run()


@pytest.fixture(autouse=True)
def _home_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setenv("CNN_LAB_HOME", str(tmp_path))
    monkeypatch.setenv("CNN_LAB_SPARE", "0")


@each_page
def test_page_is_drawn(row):
    app = draw(row.slug)
    assert not app.exception
    assert not app.error
    assert len(app.title) == 1
    assert app.sidebar.caption


@each_page
def test_page_ends_with_its_guard(row):
    last = ast.unparse(ast.parse(row.path.read_text(encoding="utf-8")).body[-1])
    assert last == "page(__file__, render)"


def test_catalog_and_folder_name_the_same_pages():
    files = {path.stem for path in PAGES_FOLDER.glob("*.py")}
    assert files == {row.slug for row in PAGES}
    assert len(files) == len(PAGES)


@each_page
def test_row_is_fit_to_be_shown(row):
    assert re.fullmatch(r"[a-z][a-z0-9_]*", row.slug)
    icon = re.fullmatch(r":material/(\w+):", row.icon)
    assert icon
    assert icon[1] in ALL_MATERIAL_ICONS
    assert row.title == row.title.strip()
    assert re.fullmatch(r"[A-Z].{20,90}\.", row.description)


def test_sections_hold_every_page_once():
    assert [row for rows in sections().values() for row in rows] == list(PAGES)
    assert len({row.title for row in PAGES}) == len(PAGES)


def test_unknown_slug_is_named():
    with pytest.raises(KeyError, match="no page 'alexnet5'"):
        find_page("alexnet5")


def test_drawing_pages_imports_no_torch():
    """One after another in one process: the first page that imports it is named."""
    program = (
        "import sys\n"
        "from streamlit.testing.v1 import AppTest\n"
        "titles = set()\n"
        "for slug in sys.argv[1:]:\n"
        f"    app = AppTest.from_file({str(APP)!r}, default_timeout={TIMEOUT_S})\n"
        f"    slug == {DEFAULT_SLUG!r} or app.switch_page(f'pages/{{slug}}.py')\n"
        "    app.run()\n"
        "    assert not app.exception, app.exception\n"
        "    assert len(app.title) == 1, slug\n"
        "    titles.add(app.title[0].value)\n"
        "    loaded = [name for name in sys.modules if name.partition('.')[0] == 'torch']\n"
        "    print(slug, sorted(loaded)[:5])\n"
        "assert len(titles) == len(sys.argv[1:]), titles\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *(row.slug for row in DRAWN_WITHOUT_TORCH)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=4 * TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [f"{row.slug} []" for row in DRAWN_WITHOUT_TORCH]
