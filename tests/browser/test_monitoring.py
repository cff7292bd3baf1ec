"""Monitoring in a browser: a log with an alarm, its table, a purge, and a trial of the alarm."""

import csv
import io
from pathlib import Path

import pytest

from tests.logged_cases import filled_log, traffic
from tests.serving.small_model import write_small_model

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect


def settle(page):
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")


def test_an_alarm_a_table_a_purge_and_a_trial(page, start_server, tmp_path_factory):
    folder = write_small_model(tmp_path_factory.mktemp("watched") / "model", films=200)
    with start_server(CNN_LAB_TRIAGE_MODEL=str(folder)) as server:
        filled_log(server.home / "triage", traffic(400) + traffic(600, seed=1, bright=0.7)[400:])
        page.goto(f"{server.url}/monitoring")
        expect(page.get_by_text("Alarm in window 3 of 3 windows").first).to_be_visible()
        page.get_by_role("button", name="See drift").click()
        expect(page.get_by_text("changed (diamonds) in 2 of 3 windows")).to_be_visible()
        assert page.evaluate("new URL(location).searchParams.get('monitor')") == "drift"

        page.get_by_role("radio", name="Log", exact=True).click()
        with page.expect_download() as download:
            page.get_by_role("button", name="Download the log (CSV)").click()
        rows = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text("utf-8"))))
        assert len(rows) == 600
        assert {row["model"] for row in rows} == {"a" * 64}
        page.get_by_role("button", name="Purge the log").click()
        page.get_by_role("button", name="Forget 600 cases for good").click()
        expect(page.get_by_text("600 cases left the log.")).to_be_visible()
        expect(page.get_by_text("Nothing has been logged on this machine yet")).to_be_visible()

        page.get_by_role("button", name="Try the alarm with synthetic films").click()
        page.get_by_role("button", name="Start the films").click()
        under_way = page.get_by_text("Drawing films and asking about them")
        expect(under_way).to_contain_text("of 800")
        page.get_by_role("button", name="Stop", exact=True).click()
        expect(page.get_by_text("The trial was stopped.")).to_be_visible()
        page.get_by_role("radio", name="Traffic", exact=True).click()
        expect(page.get_by_text("Nothing has been logged on this machine yet")).to_be_visible()
