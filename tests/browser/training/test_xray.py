"""The default study of the page "Chest X-ray study" in Chromium, on fewer phantoms than its own."""

import re

from playwright.sync_api import expect

from cnn_core.results.xray_plan import STATEMENT

SCRIPT = """
from cnn_core.ui.shell import run_app
from cnn_core.ui.xray import bring
bring.FILMS = 108
run_app()
"""


def test_one_click_shows_the_naive_score_beside_the_honest_one(start_server, open_tab, tmp_path):
    script = tmp_path / "app.py"
    script.write_text(SCRIPT)
    with start_server(script=script) as app:
        tab = open_tab()
        tab.goto(f"{app.url}/xray")
        expect(tab.get_by_text(STATEMENT)).to_be_visible()
        tab.get_by_role("button", name="Run the phantom study").click()
        expect(tab.get_by_text(re.compile(r"phantoms: \d+ of 108|Reading films"))).to_be_visible()
        values = tab.get_by_test_id("stMetricValue")
        expect(values).to_have_count(2, timeout=300_000)
        naive, honest = map(float, values.all_inner_texts())
        assert naive >= 0.9
        assert abs(honest - 0.5) < 0.2
        expect(tab.get_by_text("synthetic")).to_be_visible()
        chart = tab.get_by_test_id("stPlotlyChart").first
        expect(chart).to_be_in_viewport()
        expect(chart).to_contain_text("asked honestly")
        assert "films=" in tab.url
