"""Monitoring in a browser: a log with an alarm, its tables, and a trial of the alarm."""

import csv
import io
from pathlib import Path

import pytest

from tests.logged_cases import filled_log, traffic
from tests.serving.small_model import write_small_model

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect


def settle(page):
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")


def test_an_alarm_its_tables_and_a_trial(page, start_server, tmp_path_factory):
    folder = write_small_model(tmp_path_factory.mktemp("watched") / "model", films=200)
    with start_server(CNN_LAB_TRIAGE_MODEL=str(folder)) as server:
        filled_log(server.home / "triage", traffic(400) + traffic(600, seed=1, bright=0.7)[400:])
        page.goto(f"{server.url}/monitoring")
        expect(page.get_by_text("Alarm in window 6 of windows 4 to 6").first).to_be_visible()
        page.get_by_role("button", name="See drift").click()
        expect(page.get_by_text("changed (diamonds) in 2 of 3 windows")).to_be_visible()
        assert page.evaluate("new URL(location).searchParams.get('monitor')") == "drift"

        page.get_by_role("radio", name="Log", exact=True).click()
        with page.expect_download() as download:
            page.get_by_role("button", name="By window (CSV)").click()
        rows = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text("utf-8"))))
        assert [row["alarm"] for row in rows] == ["", "", "", "0", "0", "1"]
        with page.expect_download() as download:
            page.get_by_role("button", name="By day (CSV)").click()
        days = csv.DictReader(io.StringIO(Path(download.value.path()).read_text("utf-8")))
        assert sum(int(row["cases"]) for row in days) == 600
        expect(page.get_by_text("purge --older-than 30d --dry-run")).to_be_visible()

        page.get_by_role("radio", name="Try the alarm", exact=True).click()
        page.get_by_role("button", name="Start the films").click()
        under_way = page.get_by_text("Drawing films and asking about them")
        expect(under_way).to_contain_text("of 800")
        page.get_by_role("button", name="Stop", exact=True).click()
        expect(page.get_by_text("The trial was stopped.")).to_be_visible()
        page.get_by_role("radio", name="Traffic", exact=True).click()
        expect(page.get_by_text("600", exact=True).first).to_be_visible()  # none of it is logged
