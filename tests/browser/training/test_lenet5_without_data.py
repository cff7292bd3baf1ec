"""A machine without MNIST, with half of it, with damaged files; no network; no folder for runs."""

import re
import shutil
import struct

import numpy as np
import pytest
from playwright.sync_api import expect

NOWHERE = "http://127.0.0.1:9"  # nothing listens on the port "discard": as good as no network


@pytest.fixture(scope="module")
def data_folder(tmp_path_factory):
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def server(start_server, data_folder):
    away = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), NOWHERE)
    with start_server(CNN_LAB_DATA=str(data_folder), no_proxy="127.0.0.1", **away) as app:
        yield app


@pytest.fixture
def raw(data_folder):
    """The folder MNIST/raw, empty before and gone after."""
    folder = data_folder / "MNIST" / "raw"
    folder.mkdir(parents=True)
    yield folder
    shutil.rmtree(data_folder / "MNIST")


def idx(array):
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()


def write_small_mnist(raw):
    rng = np.random.default_rng(0)
    for part, count in (("train", 60), ("t10k", 20)):
        pictures = rng.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        (raw / f"{part}-images-idx3-ubyte").write_bytes(idx(pictures))
        (raw / f"{part}-labels-idx1-ubyte").write_bytes(idx(np.arange(count, dtype=np.uint8) % 10))


def test_page_without_mnist_offers_download_and_digits(lenet5, data_folder, store):
    page = lenet5().open(seed=8)
    expect(page.main.get_by_text("MNIST is not in the data folder.").first).to_be_visible()
    expect(page.button("Train LeNet-5")).to_be_disabled()
    page.button("Download MNIST").click()
    sentence = page.main.get_by_text("cannot be reached to fetch")
    expect(sentence).to_be_visible(timeout=120_000)
    page.no_surprise()
    assert not (data_folder / "MNIST").exists()
    expect(page.button("Download MNIST")).to_be_enabled()
    page.button("Use scikit-learn's digits instead").click()
    expect(page.popover("Data: scikit-learn digits")).to_be_visible()
    expect(page.button("Train LeNet-5")).to_be_enabled()
    expect(sentence).to_have_count(0)
    assert page.query() == {"data": "digits", "seed": "8"}
    assert not store.list()


def test_half_a_download_names_what_is_missing(lenet5, raw):
    write_small_mnist(raw)
    (raw / "t10k-images-idx3-ubyte").unlink()
    page = lenet5().open()
    missing = "MNIST is incomplete: t10k-images-idx3-ubyte is missing."
    expect(page.main.get_by_text(missing).first).to_be_visible()
    expect(page.button("Train LeNet-5")).to_be_disabled()
    expect(page.button("Download MNIST")).to_be_visible()


def test_damaged_file_is_named(lenet5, raw):
    page = lenet5()
    for damage in (
        lambda content: content[: len(content) // 2],
        lambda content: b"<html>" + content,
        lambda content: b"",
    ):
        write_small_mnist(raw)
        file = raw / "train-images-idx3-ubyte"
        file.write_bytes(damage(file.read_bytes()))
        page.open()
        sentence = page.main.get_by_text(re.compile(r"train-images-idx3-ubyte.*\."))
        expect(sentence.first).to_be_visible()
        expect(page.button("Train LeNet-5")).to_be_disabled()
        expect(page.button("Use scikit-learn's digits instead")).to_be_visible()


def test_labels_that_are_no_digits_are_found_at_start(lenet5, raw, store):
    write_small_mnist(raw)
    (raw / "t10k-labels-idx1-ubyte").write_bytes(idx(np.full(20, 77, dtype=np.uint8)))
    page = lenet5().open()
    page.button("Train LeNet-5").click()
    alert = page.main.get_by_test_id("stAlert")
    expect(alert).to_contain_text("should hold labels from 0 to 9, but holds 77.")
    page.no_surprise()
    assert not store.list()


def test_folder_of_ones_own_is_looked_into(lenet5, raw, data_folder, tmp_path):
    write_small_mnist(raw)
    raw.rename(tmp_path / "elsewhere")
    raw.mkdir()
    page = lenet5().open(data="folder")
    page.popover("Data: ").click()
    field = page.tab.get_by_role("textbox", name="Folder on the server")
    field.fill(str(tmp_path))
    field.press("Enter")
    expect(page.main.get_by_text("MNIST is not in the data folder.").first).to_be_visible()
    field.fill(str(tmp_path / "elsewhere"))
    field.press("Enter")
    expect(page.tab.get_by_text("60 training and 20 test pictures")).to_be_visible()
    page.tab.keyboard.press("Escape")
    expect(page.button("Train LeNet-5")).to_be_enabled()


def test_runs_that_cannot_be_kept_are_told_in_a_sentence(start_server, open_tab, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with start_server(CNN_LAB_RUNS=str(tmp_path / "file" / "runs")) as app:
        tab = open_tab()
        for path in ("lenet5", "runs"):
            tab.goto(f"{app.url}/{path}")
            alert = tab.get_by_test_id("stAlert")
            expect(alert).to_have_count(1)
            expect(alert).to_contain_text("CNN_LAB_RUNS")
            expect(tab.get_by_text("Something went wrong")).to_have_count(0)
            expect(tab.get_by_text("Traceback")).to_have_count(0)
        tab.goto(app.url)
        expect(tab.locator(".lab[data-probabilities]")).to_be_visible()
        expect(tab.get_by_text("Something went wrong")).to_have_count(0)
        assert "Traceback" not in app.log
