"""The Runs page: whose, filters, comparison, names, deletion, downloads; what others may not do."""

import csv
import io
import json
import re

import pytest
from playwright.sync_api import expect
from safetensors.numpy import load

ROW_PX, HEADER_PX = 35, 37


@pytest.fixture(scope="module")
def runs(train, people):
    """Four runs, by name; the newest first on the page."""
    return {
        record.name: record
        for record in (
            train(name="Bob's", token=people[1], seed=4),
            train(name="Stopped early", epochs=2, seed=3, stop_after=1),
            train(name="Two epochs", epochs=2, seed=2),
            train(name="One epoch", seed=1),
        )
    }


@pytest.fixture
def open_runs(open_tab, sign_in, server, people, runs):
    """Return a function that opens the page for one of the two people."""

    def one(token=people[0], **query):
        tab = sign_in(open_tab(), token)
        tab.goto(f"{server.url}/runs?" + "&".join(f"{k}={v}" for k, v in query.items()))
        expect(tab.get_by_role("radiogroup", name="Whose")).to_be_visible()
        expect(tab.get_by_test_id("stDataFrame")).to_be_visible()
        return tab

    return one


def expect_names(tab, *expected):
    """Wait for these names in the table, in the grid's accessible copy."""
    cells = tab.get_by_test_id("stDataFrame").locator("table tbody tr td:nth-child(1)")
    expect(cells).to_have_text(list(expected))


def choose(tab, *rows):
    """Click the boxes in front of rows, counted from 0."""
    box = tab.get_by_test_id("stDataFrame").bounding_box()
    for row in rows:
        tab.mouse.click(box["x"] + 18, box["y"] + HEADER_PX + ROW_PX * (row + 0.5))


def no_surprise(tab):
    expect(tab.get_by_text("Something went wrong")).to_have_count(0)
    expect(tab.get_by_test_id("stException")).to_have_count(0)


def test_mine_come_first_and_everyones_behind(open_runs, people):
    tab = open_runs()
    expect(tab.get_by_role("radio", name="Mine (3)")).to_be_checked()
    expect_names(tab, "One epoch", "Two epochs", "Stopped early")
    tab.get_by_role("radio", name="Everyone's (4)").click()
    expect_names(tab, "One epoch", "Two epochs", "Stopped early", "Bob's")
    bob = open_runs(people[1])
    expect(bob.get_by_role("radio", name="Mine (1)")).to_be_checked()
    expect_names(bob, "Bob's")
    stranger = open_runs("stranger" + "s" * 35)
    expect(stranger.get_by_role("radio", name="Everyone's (4)")).to_be_checked()


def test_filters_by_text_and_status(open_runs):
    tab = open_runs()
    find = tab.get_by_role("textbox", name="Find")
    find.fill("EPOCH")
    find.press("Enter")
    expect_names(tab, "One epoch", "Two epochs")
    find.fill("")
    find.press("Enter")
    tab.get_by_test_id("stButtonGroup").get_by_text("stopped", exact=True).click()
    expect_names(tab, "Stopped early")
    find.fill("no such run")
    find.press("Enter")
    expect(tab.get_by_text("No run fits")).to_be_visible()


def test_two_runs_on_one_chart_by_epoch_and_by_seconds(open_runs):
    tab = open_runs()
    choose(tab, 0, 1)
    plot = tab.locator(".js-plotly-plot")
    expect(plot).to_be_visible()
    legend = plot.locator(".legendtext")
    expect(legend).to_have_text(["One epoch", "Two epochs"])
    points = "plot => plot.calcdata.map(trace => trace.length)"
    expect(plot.locator(".xtitle")).to_have_text("epoch")
    assert plot.evaluate(points) == [1, 2]
    tab.get_by_role("radio", name="seconds").click()
    expect(plot.get_by_text("training time (s)")).to_be_visible()
    tab.get_by_role("combobox", name="Compare").click()
    tab.get_by_role("option", name="training loss").click()
    expect(plot.get_by_text("training loss (cross-entropy)")).to_be_visible()
    assert plot.evaluate(points) == [6, 12]
    no_surprise(tab)


def test_run_is_renamed_deleted_and_brought_back(open_runs, store, runs, people):
    tab = open_runs()
    choose(tab, 2)
    tab.get_by_test_id("stMain").get_by_role("button", name="Rename").click()
    field = tab.get_by_role("textbox", name="Name")
    field.fill("  Ended <b>*early*</b>  ")
    tab.get_by_role("button", name="Save the name").click()
    expect_names(tab, "One epoch", "Two epochs", "Ended <b>*early*</b>")
    run = runs["Stopped early"].id
    assert store.get(run).name == "Ended <b>*early*</b>"
    expect(tab.get_by_test_id("stMain").locator("b")).to_have_count(0)

    tab.get_by_role("radio", name="Everyone's").click()
    expect_names(tab, "One epoch", "Two epochs", "Ended <b>*early*</b>", "Bob's")
    choose(tab, 2)
    tab.get_by_role("button", name="Delete").click()
    expect(tab.get_by_text("Ended <b>*early*</b> was deleted.")).to_be_visible()
    expect(tab.get_by_role("radio", name="Everyone's (3)")).to_be_checked()
    expect_names(tab, "One epoch", "Two epochs", "Bob's")
    expect(tab.get_by_text("Choose one row")).to_be_visible()
    assert store.get(run).deleted is not None
    bob = open_runs(people[1])
    expect(bob.get_by_role("radio", name="Everyone's (3)")).to_be_visible()
    expect(bob.get_by_role("button", name="Bring it back")).to_have_count(0)
    tab.get_by_role("button", name="Bring it back").click()
    expect_names(tab, "One epoch", "Two epochs", "Ended <b>*early*</b>", "Bob's")
    expect(tab.get_by_text("was deleted.")).to_have_count(0)
    assert store.get(run).deleted is None
    store.rename(run, "Stopped early")


def test_others_may_look_but_neither_rename_nor_delete(open_runs, people):
    tab = open_runs(people[1], whose="Everyone's")
    expect_names(tab, "One epoch", "Two epochs", "Stopped early", "Bob's")
    choose(tab, 0)
    expect(tab.get_by_role("button", name="Open", exact=True)).to_be_visible()
    expect(tab.get_by_test_id("stCode")).to_be_visible()
    main = tab.get_by_test_id("stMain")
    expect(main.get_by_role("button", name="Rename")).to_have_count(0)
    expect(main.get_by_role("button", name="Delete")).to_have_count(0)


def test_downloads_hold_what_was_trained(open_runs, store, runs):
    run = runs["Two epochs"]
    tab = open_runs()
    choose(tab, 1)
    expect(tab.get_by_test_id("stCode")).to_have_text(
        re.compile(
            "python -m cnn_core train lenet5-mnist --preset fast --data digits --seed 2 "
            "--set epochs=2"
        )
    )

    def download(name):
        with tab.expect_download() as begun:
            tab.get_by_role("button", name=name).click()
        return begun.value.suggested_filename, begun.value.path().read_bytes()

    name, content = download("Epochs (CSV)")
    assert name == f"{run.id}-epochs.csv"
    rows = list(csv.DictReader(io.StringIO(content.decode())))
    assert [row["epoch"] for row in rows] == ["1", "2"]
    assert float(rows[-1]["valid_accuracy"]) <= run.valid_accuracy
    name, content = download("Steps (CSV)")
    rows = list(csv.DictReader(io.StringIO(content.decode())))
    assert [row["step"] for row in rows] == [str(step) for step in range(1, 13)]
    name, content = download("Configuration (JSON)")
    body = json.loads(content)
    assert (body["run"], body["config"]["seed"], body["status"]) == (run.id, 2, "finished")
    assert body["test_accuracy"] == run.test_accuracy
    assert "location" not in body["dataset"]
    name, content = download("Weights (safetensors)")
    assert name == f"{run.id}.safetensors"
    assert content == (store.folder / run.id / "weights.safetensors").read_bytes()
    assert load(content)["conv1.weight"].shape == (6, 1, 5, 5)


def test_open_leads_to_the_run(open_runs, runs):
    tab = open_runs()
    choose(tab, 0)
    tab.get_by_test_id("stMain").get_by_role("button", name="Open", exact=True).click()
    expect(tab).to_have_url(re.compile(rf"/lenet5\?.*run={runs['One epoch'].id}"))
    expect(tab.get_by_text("Test accuracy").first).to_be_visible()
    no_surprise(tab)


def test_chosen_row_stays_chosen_while_runs_come_and_go(open_runs, store, train):
    tab = open_runs()
    choose(tab, 1)
    shown = tab.get_by_test_id("stMain").locator("strong").get_by_text("Two epochs", exact=True)
    expect(shown).to_be_visible()
    new = train(name="Came later", seed=8)
    find = tab.get_by_role("textbox", name="Find")
    find.fill("e")  # draws the page again; every name has one
    find.press("Enter")
    expect_names(tab, "Came later", "One epoch", "Two epochs", "Stopped early")
    expect(shown).to_be_visible()
    store.delete(new.id)


def test_empty_page_leads_to_training(start_server, open_tab):
    with start_server() as app:
        tab = open_tab()
        tab.goto(f"{app.url}/runs")
        expect(tab.get_by_text("Nothing has been trained on this machine yet.")).to_be_visible()
        tab.get_by_role("button", name="Train LeNet-5").click()
        expect(tab).to_have_url(re.compile(r"/lenet5$"))
        expect(tab.get_by_text("A recorded run")).to_be_visible()
