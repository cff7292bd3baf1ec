"""The inspector in a browser: a picture of one's own, clicks, keys, downloads, small, dark."""

import io
from urllib.parse import parse_qs, urlparse

import numpy as np
import pytest
from PIL import Image

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

PAGE = "inspector?model=lenet5"


def photo():
    """A grey picture with a bright bar, as a file that a browser uploads."""
    pixels = np.full((300, 400, 3), 60, np.uint8)
    pixels[50:250, 180:220] = 230
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG")
    return {"name": "bar.jpg", "mimeType": "image/jpeg", "buffer": file.getvalue()}


def choices(tab):
    return {key: values[0] for key, values in parse_qs(urlparse(tab.url).query).items()}


def settle(tab):
    expect(tab.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")


def open_inspector(tab, url):
    """Open the page; return the sheet of maps and the enlarged map."""
    tab.goto(f"{url}/{PAGE}")
    pictures = tab.locator(".cells")
    expect(pictures).to_have_count(2)
    settle(tab)
    return pictures.first, pictures.nth(1)


def click_at(picture, across, down):
    box = picture.bounding_box()
    picture.click(position={"x": across * box["width"], "y": down * box["height"]})


def test_upload_map_unit_download_in_the_dark(server, open_tab):
    tab = open_tab(color_scheme="dark")
    maps, one = open_inspector(tab, server.url)
    box = maps.bounding_box()
    assert box["y"] + box["height"] <= 720, "the main picture needs no scrolling"
    assert one.bounding_box()["y"] + 250 <= 720

    tab.get_by_text("Picture: cat").click()
    before = maps.locator("img").get_attribute("src")
    tab.locator("input[type=file]").first.set_input_files(photo())
    expect(tab.get_by_text("bar.jpg", exact=True).first).to_be_visible()
    expect(maps.locator("img")).not_to_have_attribute("src", before)
    settle(tab)
    assert choices(tab)["picture"] == "own"
    tab.keyboard.press("Escape")

    click_at(maps, 0.1, 0.1)
    expect(maps).to_have_attribute("data-chosen", "0")
    maps.focus()
    tab.keyboard.press("ArrowRight")
    tab.keyboard.press("Enter")
    expect(maps).to_have_attribute("data-chosen", "1")
    settle(tab)
    assert choices(tab)["channel"] == "1"

    click_at(one, 0.52, 0.52)
    expect(one).to_have_attribute("data-chosen", str(12 * 24 + 12))
    field = [float(one.locator("rect.box").get_attribute(key)) for key in ("x", "y", "width")]
    assert field == [12, 12, 5], "5 x 5 pixels from the unit's own place on"
    settle(tab)

    tab.get_by_text("Download", exact=True).click()
    with tab.expect_download() as waiting:
        tab.get_by_text("Picture with caption (PNG)").click()
    with Image.open(waiting.value.path()) as saved:
        caption = saved.text["Description"]
    assert caption.startswith("LeNet-5. ")
    assert "Picture: bar.jpg." in caption
    with tab.expect_download() as waiting:
        tab.get_by_text("Map 1 over the photo (PNG)").click()
    with Image.open(waiting.value.path()) as saved:
        assert "the unit at row 12, column 12." in saved.text["Description"]
    with tab.expect_download() as waiting:
        tab.get_by_text("Numbers (NumPy, .npz)").click()
    with np.load(waiting.value.path()) as arrays:
        assert arrays["before"].shape == (6, 24, 24)
    expect(tab.get_by_test_id("stAlert")).to_have_count(0)


def test_link_and_filters_at_400_pixels(server, open_tab):
    tab = open_tab(width=400, height=900)
    maps, _ = open_inspector(tab, server.url)
    assert maps.bounding_box()["width"] <= 400
    tab.goto(f"{server.url}/{PAGE}&tab=Filters&channel=4")
    filters = tab.locator(".cells")
    expect(filters).to_have_attribute("data-chosen", "4")
    click_at(filters, 0.1, 0.1)
    expect(filters).to_have_attribute("data-chosen", "0")
    settle(tab)
    main = tab.get_by_test_id("stMain")
    assert main.evaluate("e => e.scrollWidth - e.clientWidth") <= 0
    tab.get_by_text("See what it finds in the picture").click()
    expect(tab.locator(".cells")).to_have_count(2)
    expect(tab.locator(".cells").first).to_have_attribute("data-chosen", "0")
