"""A page of ideas in a browser: answer, run and read the result, with the keyboard alone."""

import re

import pytest

from cnn_core.concepts.registry import find_experiment

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

ANSWER = find_experiment("stacked-kernels").answers[0].text
SMALL = "seeds=1&images=1000&epochs=3&channels=8&data=digits"


def test_answer_by_keyboard_run_live_and_keep_what_was_said(page, server):
    page.goto(f"{server.url}/alexnet_vgg?{SMALL}")
    run = page.get_by_role("button", name="Run the experiment")
    expect(run).to_be_disabled()
    answers = page.get_by_test_id("stRadio").filter(has_text="Your answer unlocks Run")
    answers.get_by_role("radio").first.focus()
    page.keyboard.press("Space")
    expect(run).to_be_enabled()
    assert run.bounding_box()["y"] + run.bounding_box()["height"] < 720
    for _ in range(12):
        page.keyboard.press("Tab")
        if "Run the experiment" in page.evaluate("document.activeElement.innerText || ''"):
            break
    else:
        pytest.fail("12 presses of Tab did not reach Run")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"[?&]run=stacked-kernels-"))
    expect(page.get_by_text(re.compile(r"[0-3] of 4 trials done"))).to_be_visible()
    expect(page.get_by_role("img", name="Line chart of the share of right answers")).to_be_visible()
    expect(page.get_by_text("It was:")).to_have_count(0)
    said = page.get_by_text(f"You said: {ANSWER}")
    expect(said).to_be_visible()
    expect(page.get_by_text("It was:")).to_be_visible()

    page.reload()
    expect(said).to_be_visible()
    expect(answers.get_by_role("radio").first).to_be_checked()
    expect(run).to_be_enabled()
    expect(page.get_by_text("Something went wrong")).to_have_count(0)
