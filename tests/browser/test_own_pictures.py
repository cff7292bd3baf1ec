"""The page "VGG-16 · your pictures" in Chromium: a folder comes in, is mended and trained on."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from cnn_core.data.pictures.drawn_flowers import write_drawn_flowers
from cnn_core.data.pictures.store import PictureStore

FILES = 20  # so many may come from a browser here
FEW = "&ft-model=efficientnet-lite0&ft-epochs=2&ft-views=1"


@pytest.fixture(scope="module")
def server(start_server):
    """A fresh server that takes few files and has no weights but those that come along."""
    with start_server(CNN_LAB_UPLOAD_FILES=str(FILES), CNN_LAB_WEIGHTS="") as app:
        yield app


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Eight roses and eight tulips, a broken file, and one of the operating system's."""
    folder = tmp_path_factory.mktemp("upload") / "my flowers"
    write_drawn_flowers(folder, each=8, labels=("rose", "tulip"))
    (folder / "tulip" / "broken.jpg").write_bytes(b"no picture")
    (folder / ".DS_Store").write_bytes(b"\0")
    return folder


def drawn(tab: Page) -> None:
    """Wait until the page is drawn and nothing is under way."""
    expect(tab.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")


def send(tab: Page, folder: Path) -> None:
    tab.locator("input[type=file]").first.set_input_files(str(folder))


def pictures_of_classes(tab: Page) -> int:
    """Return how many pictures the page says there are to train on."""
    said = tab.get_by_text("pictures can be trained on").first
    expect(said).to_be_visible()
    return int(said.inner_text().split()[0])


def test_more_than_may_come_is_refused_and_leaves_room_for_what_may(
    server, open_tab, folder, tmp_path
):
    more = write_drawn_flowers(tmp_path / "more", each=FILES // 2 + 1, labels=("rose", "tulip"))
    tab = open_tab()
    tab.goto(f"{server.url}/own_pictures")
    expect(tab.get_by_text(f"At most {FILES} files and 1,000 MB from a browser")).to_be_visible()
    send(tab, more)
    expect(tab.get_by_text("this was more, and nothing of it was taken")).to_be_visible()
    assert PictureStore(server.home / "pictures").snapshots() == []
    send(tab, folder)  # would be too much, were the first ones still held
    expect(tab.get_by_text("16 pictures in 2 classes")).to_be_visible()
    tab.get_by_role("button", name="Other pictures").click()
    send(tab, folder)  # likewise
    expect(tab.get_by_role("button", name="Stop copying")).to_have_count(0)
    drawn(tab)
    (header,) = PictureStore(server.home / "pictures").snapshots()
    assert (header.title, header.rejected) == ("my flowers", 1)


def test_from_a_folder_to_a_result(server, page, open_tab, folder):
    page.goto(f"{server.url}/own_pictures")
    send(page, folder)
    expect(page.get_by_text("16 pictures in 2 classes")).to_be_visible()
    assert pictures_of_classes(page) == 16
    page.get_by_text("Files left out", exact=True).click()
    expect(page.get_by_text("1 file was left out")).to_be_visible()

    page.get_by_text("All pictures", exact=True).click()
    sheet = page.locator(".cells")
    expect(sheet).to_be_visible()
    drawn(page)
    expect(page.get_by_text("rose/rose-000.jpg")).to_be_visible()
    sheet.focus()
    for key in ("ArrowRight", "ArrowRight", "Enter"):  # from the chosen first to the third
        page.keyboard.press(key)
    expect(page.get_by_text("rose/rose-002.jpg")).to_be_visible()
    page.get_by_role("button", name="Leave it out").click()
    expect(page.get_by_text("rose/rose-003.jpg")).to_be_visible()  # the next one, at once
    undo = page.get_by_role("button", name="Undo: leave out 1 picture")
    undo.click()
    expect(undo).to_have_count(0)
    expect(page.get_by_text("rose/rose-003.jpg")).to_be_visible()
    page.get_by_role("button", name="Leave it out").click()
    expect(undo).to_be_visible()

    drawn(page)
    page.goto(f"{page.url.partition('&')[0]}&step=Training{FEW}")
    page.get_by_role("button", name="Train EfficientNet-Lite0").click()
    page.get_by_role("button", name="See the result").click()
    expect(page.get_by_text("Test accuracy", exact=True)).to_be_visible()
    drawn(page)

    somebody_else = open_tab(width=400, height=900)
    somebody_else.goto(page.url)
    somebody_else.get_by_role("tab", name="Pictures").click()
    somebody_else.get_by_text("Decisions", exact=True).click()
    expect(
        somebody_else.get_by_text("1 left out.", exact=True)
    ).to_be_visible()  # it came with the run
    drawn(somebody_else)
