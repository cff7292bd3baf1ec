"""The result of a run on own pictures in Chromium: a cell, its pictures, mended, trained again."""

import re
from types import SimpleNamespace

import pytest
from playwright.sync_api import Page, expect

from cnn_core.data.pictures.flowers import take_drawn_flowers
from cnn_core.data.pictures.store import PictureStore
from cnn_core.results.pictures import Selection
from cnn_core.runtime.store import RunStore
from cnn_core.settings import Settings
from tests.pages.judged_run import finished_run


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    """Return a home with a finished run on 30 drawn flowers of two kinds, and the run."""
    home = tmp_path_factory.mktemp("home")
    settings = Settings.from_environment({"CNN_LAB_HOME": str(home)})
    snapshot = take_drawn_flowers(
        PictureStore(settings.pictures), each=15, labels=("rose", "tulip")
    )
    lab = SimpleNamespace(settings=settings, store=RunStore(settings.runs))
    return home, finished_run(lab, Selection(snapshot=snapshot.id), owner="ada", learns=False)


@pytest.fixture(scope="module")
def server(start_server, judged):
    with start_server(home=judged[0], CNN_LAB_WEIGHTS="") as app:
        yield app


def click_cell(tab: Page, true: int, predicted: int) -> None:
    """Click the middle of a cell of the confusion matrix."""
    x, y = tab.locator(".js-plotly-plot").evaluate(
        """(plot, [true_class, predicted]) => {
            const {xaxis, yaxis} = plot._fullLayout, box = plot.getBoundingClientRect();
            return [box.left + xaxis._offset + xaxis.d2p(predicted),
                    box.top + yaxis._offset + yaxis.d2p(true_class)];
        }""",
        [true, predicted],
    )
    tab.mouse.click(x, y)


def drawn(tab: Page) -> None:
    expect(tab.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")


def test_a_cell_shows_its_pictures_and_one_is_left_out(server, page, judged):
    _, run = judged
    page.goto(f"{server.url}/own_pictures?run={run.id}&step=Result&about=Mistakes&part=train")
    expect(page.locator(".js-plotly-plot")).to_be_visible()
    drawn(page)
    click_cell(page, 1, 1)
    expect(page.get_by_text("tulip that are right, the most confident first")).to_be_visible()
    drawn(page)
    click_cell(page, 1, 0)
    expect(page.get_by_text("tulip taken for rose, the most confident first")).to_be_visible()
    expect(page.get_by_text("The network: rose")).to_be_visible()
    page.get_by_role("button", name="Leave it out").click()
    expect(page.get_by_role("button", name="Train again with 1 change")).to_be_visible()
    page.get_by_role("button", name="Undo: leave out 1 picture").click()
    expect(page.get_by_role("button", name="Train again with 1 change")).to_have_count(0)
    drawn(page)


def test_a_phone_shows_all_of_it_in_its_width(server, open_tab, judged):
    tab = open_tab(width=400, height=900, color_scheme="dark")
    tab.goto(f"{server.url}/own_pictures?run={judged[1].id}&step=Result")
    for section in ("Reading", "Classes", "Mistakes", "Largest losses"):
        tab.get_by_text(section, exact=True).click()
        expect(tab).to_have_url(re.compile(rf"about={section.split()[0]}|^(?!.*about)"))
        drawn(tab)
        assert tab.evaluate("document.documentElement.scrollWidth") <= 400
