"""Your digit with the weights of a run: drawn, uploaded as a photo, and what is no picture."""

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter
from playwright.sync_api import expect


@pytest.fixture(scope="module")
def run(train):
    """A run that has learnt something, so that its answers are its own."""
    return train(epochs=4, batch_size=64)


def open_lab(page):
    lab = page.main.locator(".lab[data-probabilities]")
    expect(lab).to_be_visible()
    return lab


def settled(lab):
    """The reading after the next two frames."""
    lab.evaluate(
        "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )
    return lab.evaluate("element => element.reading")


def draw_line(page, *points):
    box = page.main.locator("[data-part=sheet]").bounding_box()
    spots = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.tab.mouse.move(*spots[0])
    page.tab.mouse.down()
    for spot in spots[1:]:
        page.tab.mouse.move(*spot, steps=8)
    page.tab.mouse.up()


def expected(store, run, reading, model="lenet5"):
    """What torch says of the form that the page shows, with the run's weights."""
    import torch
    from safetensors.torch import load_file

    from cnn_core.models.registry import build_model, model_row

    row = model_row(model)
    network = build_model(model, num_classes=10).eval()
    network.load_state_dict(load_file(store.folder / run.id / "weights.safetensors"))
    form = torch.tensor(reading["form"], dtype=torch.float32).reshape(1, 1, 28, 28) / 255
    with torch.inference_mode():
        return torch.softmax(network((form - row.mean[0]) / row.std[0]), dim=1)[0].numpy()


def photo_of_a_seven():
    """A seven in dark ink on paper that is lit from one side, a little out of focus, as PNG."""
    rows, columns = np.mgrid[0:400, 0:300]
    paper = Image.fromarray((205 - 0.12 * rows + 0.1 * columns).astype(np.uint8))
    pen = ImageDraw.Draw(paper)
    pen.line((90, 120, 200, 124, 140, 290), fill=45, width=17, joint="curve")
    data = io.BytesIO()
    paper.filter(ImageFilter.GaussianBlur(1.2)).convert("RGB").save(data, "PNG")
    return data.getvalue()


def test_digit_is_read_by_the_runs_weights(lenet5, run, store):
    page = lenet5().open(run=run.id)
    page.view("Your digit")
    lab = open_lab(page)
    expect(page.main.get_by_text("Read by this run's network")).to_be_visible()
    draw_line(page, (0.5, 0.2), (0.5, 0.8))
    drawn = settled(lab)
    np.testing.assert_allclose(
        drawn["probabilities"], expected(store, run, drawn), atol=1e-4, rtol=0
    )

    chooser = page.main.get_by_test_id("stFileUploaderDropzoneInput")
    chooser.set_input_files(
        {"name": "notes.png", "mimeType": "image/png", "buffer": b"no picture at all"}
    )
    alert = page.main.get_by_test_id("stAlert")
    expect(alert).to_have_count(1)
    assert settled(lab)["form"] == drawn["form"], "what was drawn must stay"

    before = lab.get_attribute("data-probabilities")
    chooser.set_input_files(
        {"name": "seven.png", "mimeType": "image/png", "buffer": photo_of_a_seven()}
    )
    expect(alert).to_have_count(0)
    expect(lab).not_to_have_attribute("data-probabilities", before)
    photo = settled(lab)
    form = np.reshape(photo["form"], (28, 28))
    rows, columns = (np.flatnonzero(form.any(axis=axis)) for axis in (1, 0))
    assert max(np.ptp(rows), np.ptp(columns)) == 19, "a box of 20x20, as MNIST's"
    widths = np.count_nonzero(form, axis=1)[rows]
    assert widths[:4].max() > 2 * widths[-6:].max(), "a seven has its bar on top"
    np.testing.assert_allclose(
        photo["probabilities"], expected(store, run, photo), atol=1e-4, rtol=0
    )
    page.no_surprise()


def test_digit_is_read_by_a_run_of_1998(lenet5, train, store):
    run = train(model="lenet5-1998", batch_size=64, learning_rate=0.004)
    page = lenet5().open(run=run.id, preset="1998")
    expect(page.main.get_by_text("LeNet-5 of 1998, 10 epochs")).to_be_visible()
    page.view("Your digit")
    lab = open_lab(page)
    expect(page.main.get_by_text("60,000 parameters")).to_be_visible()
    reading = settled(lab)
    np.testing.assert_allclose(
        reading["probabilities"], expected(store, run, reading, "lenet5-1998"), atol=1e-4, rtol=0
    )
    page.no_surprise()


def test_without_a_run_the_bundled_network_reads(lenet5):
    page = lenet5().open(view="Your digit")
    lab = open_lab(page)
    expect(page.main.get_by_text("comes with the project")).to_be_visible()
    draw_line(page, (0.5, 0.2), (0.5, 0.8))
    expect(lab).to_have_attribute("data-digit", "1")
