"""A group of seeds that is watched: mean and band move in the nodes that are there; all stop."""

import re

import pytest
from playwright.sync_api import expect

from cnn_core.runtime.groups import runs_of
from cnn_core.ui.runs.listing import row_id

PATIENCE_MS = 120_000
NODES = "[data-testid=stEChartsChart] canvas"


@pytest.fixture
def group(lenet5, store):
    """Three seeds that the page has started, and the page."""
    page = lenet5().open(data="digits", epochs=400, seed=5, seeds=3)
    page.button("Train LeNet-5, 3 seeds").click()
    expect(page.button("Stop all seeds")).to_be_visible(timeout=PATIENCE_MS)
    return page, runs_of(store, store.get(page.run_id()).group)


def test_seeds_are_watched_in_the_same_nodes_and_stopped_together(group, store):
    page, runs = group
    assert [run.config.seed for run in runs] == [5, 6, 7]
    assert row_id(runs) == runs[0].group
    expect(page.main.get_by_text("seed 6: waiting")).to_be_visible()
    running = page.main.get_by_text(re.compile(r"seed 5: epoch \d+ of 400"))
    expect(running).to_be_visible(timeout=PATIENCE_MS)
    expect(page.main.locator(NODES)).to_have_count(2)
    marked = page.tab.evaluate(
        f"() => [...document.querySelectorAll('{NODES}')]"
        ".map(node => node.parentElement.seenBefore = true).length"
    )
    assert marked == 2
    for _ in range(2):
        words = running.inner_text()
        expect(running).not_to_have_text(words, timeout=PATIENCE_MS)
    seen = (
        f"() => [...document.querySelectorAll('{NODES}')].filter(n => n.parentElement.seenBefore)"
    )
    assert page.tab.evaluate(f"{seen}.length") == 2
    page.button("Stop all seeds").click()
    expect(page.button("Resume 3 seeds")).to_be_visible(timeout=PATIENCE_MS)
    assert {run.status for run in runs_of(store, runs[0].group)} == {"stopped"}
    page.main.get_by_role("radio", name="6").click()
    expect(page.button("Resume training")).to_be_visible()
    expect(page.tab).to_have_url(re.compile("[?&]show=6"))
    page.no_surprise()
