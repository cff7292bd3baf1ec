"""What an address says: settings and run restored, values that make no sense, deleted runs."""

import re
import sqlite3
import time
from dataclasses import replace

from playwright.sync_api import expect

from cnn_core.runtime.store import UNDO_SECONDS
from cnn_core.training.recipes import find_recipe
from cnn_core.ui.lenet5.controls import describe

RECIPE = find_recipe("lenet5-mnist")
REFERENCE = RECIPE.presets["reference"].config


def settings_line(page):
    return page.main.get_by_test_id("stCaptionContainer").filter(has_text="batches of")


def test_copied_link_restores_settings_and_run(lenet5, train, people):
    run = train(name="A run to link to")
    page = lenet5().open(run=run.id, data="digits", seed=4)
    page.main.get_by_role("radio", name="Reference recipe").click()
    expect(settings_line(page)).to_contain_text(describe(replace(REFERENCE, seed=4)))
    page.popover("Settings").click()
    for label, value in (("Epochs", "7"), ("Random shifts", "2")):
        field = page.tab.get_by_role("spinbutton", name=label)
        field.fill(value)
        field.press("Enter")
    line = describe(replace(REFERENCE, epochs=7, shift=2, seed=4))
    expect(settings_line(page)).to_contain_text(line)
    page.tab.keyboard.press("Escape")
    page.popover("Copy link").click()
    code = page.tab.get_by_test_id("stCode")
    expect(code).to_contain_text("epochs=7")
    link = code.inner_text().strip()
    assert link.startswith(f"{page.url}/lenet5?")
    assert page.query() == {
        "run": run.id,
        "data": "digits",
        "preset": "reference",
        "epochs": "7",
        "shift": "2",
        "seed": "4",
    }

    other = lenet5(people[1])
    other.tab.goto(link)
    other.drawn()
    expect(settings_line(other)).to_contain_text(line)
    expect(other.popover("Data: scikit-learn digits")).to_be_visible()
    expect(other.main.get_by_role("radio", name="Reference recipe")).to_be_checked()
    expect(other.main.get_by_text("A run to link to")).to_be_visible()
    expect(other.badge("finished")).to_be_visible()
    assert other.query() == page.query()


def test_settings_outlast_a_visit_to_another_page(lenet5):
    page = lenet5().open(data="digits", preset="reference", seed=4)
    for name in ("Runs", "LeNet-5 · MNIST"):
        page.tab.get_by_test_id("stSidebarNavLink").filter(has_text=name).click()
        expect(page.tab.locator("h1")).to_contain_text(name)
    page.drawn()
    expect(settings_line(page)).to_contain_text(describe(replace(REFERENCE, seed=4)))
    expect(page.popover("Data: scikit-learn digits")).to_be_visible()
    assert page.query() == {"data": "digits", "preset": "reference", "seed": "4"}


def test_values_that_make_no_sense_are_left_out(lenet5):
    page = lenet5()
    query = {
        "epochs": "0",
        "batch_size": "1000000",
        "learning_rate": "nan",
        "seed": "-1",
        "rotation": "<b>",
        "preset": "zzz",
        "data": "zzz",
        "optimizer": "zzz",
        "schedule": "zzz",
        "view": "zzz",
    }
    page.open(**query)
    expect(settings_line(page)).to_contain_text(describe(RECIPE.presets["fast"].config))
    expect(page.popover("Data: MNIST")).to_be_visible()
    expect(page.main.get_by_role("radio", name="Fast")).to_be_checked()
    expect(page.main.get_by_role("tab", name="Learning")).to_have_attribute("aria-selected", "true")
    page.tab.wait_for_function("location.search === ''")


def test_learning_rate_of_nought_is_refused_in_a_sentence(lenet5):
    page = lenet5()
    page.tab.goto(f"{page.url}/lenet5?data=digits&learning_rate=0")
    alert = page.main.get_by_test_id("stAlert")
    expect(alert).to_contain_text(re.compile("learning_rate must be .* but it is 0"))
    expect(page.button("Train LeNet-5").and_(page.tab.locator(":enabled"))).to_have_count(0)
    page.no_surprise()


def test_run_that_is_none_is_named_in_a_sentence(lenet5):
    page = lenet5()
    for run, sentence in (
        ("../x", "'../x' is not the id of a run."),
        ("unknown", "There is no run 'unknown'."),
        ("<b>*x*</b>", "'<b>*x*</b>' is not the id of a run."),
    ):
        page.open(run=run)
        alert = page.main.get_by_test_id("stAlert")
        expect(alert).to_have_count(1)
        expect(alert.get_by_text(sentence, exact=True)).to_be_visible()
        expect(alert).to_contain_text("The Runs page")


def test_deleted_run_says_what_it_was_and_comes_back(lenet5, train, store, people):
    run = train(name="A *deleted* run", seed=3)
    store.delete(run.id)
    other = lenet5(people[1]).open(run=run.id)
    expect(other.main.get_by_text("The run A *deleted* run (finished")).to_contain_text(
        re.compile(r"[\d.]+ % of the test set\) was deleted at \d{4}-")
    )
    expect(other.button("Bring it back")).to_have_count(0)
    page = lenet5().open(run=run.id)
    page.button("Bring it back").click()
    expect(page.badge("finished")).to_be_visible()
    assert page.run_id() == run.id
    assert store.get(run.id).deleted is None
    other.open(run=run.id)
    expect(other.badge("finished")).to_be_visible()


def test_run_deleted_long_ago_does_not_come_back(lenet5, train, store):
    run = train(name="Gone", seed=6)
    store.delete(run.id)
    with sqlite3.connect(store.database) as database:
        database.execute(
            "UPDATE runs SET deleted = ? WHERE id = ?", (time.time() - UNDO_SECONDS - 1, run.id)
        )
    page = lenet5().open(run=run.id)
    expect(page.main.get_by_text("The run Gone (finished")).to_be_visible()
    expect(page.button("Bring it back")).to_have_count(0)
