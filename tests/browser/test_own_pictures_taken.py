"""A trained network in Chromium: asked about a new picture, packed, and downloaded as a file."""

import zipfile

import pytest
from playwright.sync_api import expect

from cnn_core.data.pictures.drawn_flowers import drawn_flower
from cnn_core.runtime.take_away import zip_name


@pytest.fixture(scope="module")
def server(start_server, flower_run):
    with start_server(home=flower_run[0].runs.parent, CNN_LAB_WEIGHTS="") as app:
        yield app


def test_from_a_new_picture_to_the_network_in_the_hand(server, flower_run, page, tmp_path):
    record = flower_run[1]
    drawn_flower("tulip", 400).save(tmp_path / "one.png")
    page.goto(f"{server.url}/own_pictures?run={record.id}&step=Try+it&try=coffee")
    expect(page.get_by_role("heading", name="None of these")).to_be_visible()
    page.locator("input[type=file]").set_input_files(tmp_path / "one.png")
    expect(page.get_by_text("one.png, as the network gets it")).to_be_visible()
    expect(page.get_by_text("yours (1)")).to_be_visible()
    expect(page.get_by_alt_text("Training picture of class")).to_have_count(6)

    page.get_by_role("tab", name="Take away").click()
    page.get_by_role("button", name="Pack the network").click()
    download = page.get_by_role("link", name="Download the zip")
    expect(download).to_be_visible()
    with page.expect_download() as coming:
        download.click()
    assert coming.value.suggested_filename == zip_name(record)
    with zipfile.ZipFile(coming.value.path()) as archive:
        assert archive.testzip() is None
        assert len(archive.namelist()) == 7
