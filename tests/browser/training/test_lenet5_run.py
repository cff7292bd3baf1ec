"""From Start to the confusion matrix; equal runs; a run that diverges; real MNIST."""

import json
import re

import pytest
from playwright.sync_api import expect


def accuracy(page):
    """Return (test accuracy, low, high) in percent, as the page shows them, waited for."""
    metric = page.main.get_by_test_id("stMetric").filter(has_text="Test accuracy")
    expect(metric).to_be_visible(timeout=120_000)
    score = re.search(r"([\d.]+) %", metric.get_by_test_id("stMetricValue").inner_text())
    interval = re.search(
        r"([\d.]+) to ([\d.]+)", metric.get_by_test_id("stMetricDelta").inner_text()
    )
    return float(score[1]), float(interval[1]), float(interval[2])


def click_cell(tab, true, predicted):
    """Click the middle of a cell of the confusion matrix."""
    x, y = tab.locator(".js-plotly-plot").evaluate(
        """(plot, [x, y]) => {
            const { xaxis, yaxis } = plot._fullLayout;
            const { left, top } = plot.getBoundingClientRect();
            return [left + xaxis._offset + xaxis.d2p(x), top + yaxis._offset + yaxis.d2p(y)];
        }""",
        [predicted, true],
    )
    tab.mouse.move(x, y)
    tab.mouse.click(x, y)


def test_start_to_finish_on_the_bundled_digits(lenet5, store):
    page = lenet5().open(epochs=3, batch_size=64)
    tab = page.tab
    page.popover("Data: ").click()
    tab.get_by_role("radio", name="scikit-learn digits").check(force=True)
    expect(page.popover("Data: scikit-learn digits")).to_be_visible()
    expect(tab.get_by_text("accuracy says nothing about MNIST")).to_be_visible()
    tab.keyboard.press("Escape")
    page.button("Train LeNet-5").dblclick()
    run = page.run_id()
    expect(page.badge("finished")).to_be_visible(timeout=120_000)
    score, low, high = accuracy(page)
    assert low < score < high
    record = store.get(run)
    assert record.dataset.source == "digits"
    assert abs(score - 100 * record.test_accuracy) < 0.06
    assert [low, high] == pytest.approx([100 * end for end in record.test_interval], abs=0.006)
    expect(page.main.get_by_text("Epoch 3 of 3 · step 63 of 63")).to_be_visible()
    expect(page.main.get_by_test_id("stEChartsChart")).to_have_count(2)
    assert len(store.list()) == 1, "a double click made two runs"

    page.view("Timing")
    expect(page.main.get_by_test_id("stEChartsChart")).to_have_count(3)
    page.view("Mistakes")
    expect(tab.locator(".js-plotly-plot")).to_be_visible()
    caption = page.main.get_by_text("the most confident first")
    expect(caption).to_be_visible()
    click_cell(tab, 0, 0)
    expect(caption).to_have_text(re.compile(r"^0 read as 0: .*the most confident first"))
    expect(page.main.get_by_role("combobox")).to_have_value(re.compile("^0 read as 0"))
    expect(
        page.main.get_by_alt_text(re.compile(r"^\d+ test images: 0 read as 0\.$"))
    ).to_be_visible()
    shares = re.search(r"from ([\d.]+) % down to ([\d.]+) %", caption.inner_text())
    assert float(shares[1]) >= float(shares[2])
    page.view("About")
    command = page.main.get_by_test_id("stCode").first
    expect(command).to_contain_text("python -m cnn_core train lenet5-mnist --preset fast")
    expect(command).to_contain_text("--data digits --seed 0 --set epochs=3 batch_size=64")
    with tab.expect_download() as download:
        page.button("Configuration (JSON)").click()
    body = json.loads(download.value.path().read_text())
    assert body["run"] == run
    assert body["config"]["epochs"] == 3
    page.no_surprise()


def test_equal_run_is_offered_first(lenet5, train, store):
    old = train(seed=7, name="The first of its kind")
    page = lenet5().open(data="digits", epochs=1, seed=7)
    page.button("Train LeNet-5").click()
    expect(page.main.get_by_text("is here already: The first of its kind")).to_be_visible()
    assert "run" not in page.query()
    page.button("Open that one").click()
    assert page.run_id() == old.id
    expect(page.badge("finished")).to_be_visible()
    expect(page.button("Open that one")).to_have_count(0)
    page.button("Train LeNet-5").click()
    page.button("Train it again all the same").click()
    expect(page.tab).not_to_have_url(re.compile(old.id))
    again = page.run_id()
    expect(page.button("Train it again all the same")).to_have_count(0)
    expect(page.badge("finished")).to_be_visible(timeout=120_000)
    assert again != old.id
    assert store.get(again).test_accuracy == old.test_accuracy, "the same seed, another result"


def test_diverging_run_says_at_which_step(lenet5, store):
    page = lenet5().open(data="digits", epochs=2, learning_rate="1e9", schedule="constant")
    page.button("Train LeNet-5").click()
    run = page.run_id()
    expect(page.badge("diverged")).to_be_visible(timeout=120_000)
    expect(page.main.get_by_text(re.compile(r"diverged at step \d+\."))).to_be_visible()
    expect(page.main.get_by_text("learning rate ten times lower")).to_be_visible()
    expect(page.button("Resume training")).to_have_count(0)
    assert (store.folder / run / "weights.safetensors").exists()


def test_real_mnist_passes_97_percent_after_an_epoch(mnist_home, lenet5, store):
    page = lenet5().open(epochs=1)
    expect(page.popover("Data: MNIST")).to_be_visible()
    page.button("Train LeNet-5").click()
    expect(page.main.get_by_text(re.compile("Epoch 1 of 1 · step"))).to_be_visible()
    score, low, high = accuracy(page)
    assert 97 < low < score < high
    assert store.get(page.run_id()).dataset.official
    page.view("Mistakes")
    expect(page.tab.locator(".js-plotly-plot")).to_be_visible()
    expect(page.main.get_by_alt_text(re.compile(r"^\d+ test images:"))).to_be_visible()
