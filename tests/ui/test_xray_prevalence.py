"""The prevalences of a study in the address bar and back, and classes called anything."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from cnn_core.results.prevalences import reweighted
from cnn_core.ui.xray.prevalence import read_shares, write_shares
from cnn_core.xray.prevalence import linked, predictive_values
from tests.charts import study_sample as sample
from tests.charts.film_sample import CLASSES

SHARES = (0.8, 0.08, 0.12)


@pytest.mark.parametrize("place", range(3))
def test_wherever_a_slider_stands_a_shared_address_can_be_used(place):
    confusion, prior = sample.evaluation().confusion, (0.4, 0.2, 0.4)
    for percent in np.arange(0, 100.1, 0.5):
        moved = linked(SHARES, place, percent / 100)
        read = read_shares(write_shares(moved), 3)
        assert read == pytest.approx(moved, abs=1e-4)
        assert sum(read) == pytest.approx(1, abs=1e-12)
        predictive_values(confusion, CLASSES, read)
        reweighted(np.array([prior]), prior, read)


def _view():
    from dataclasses import replace

    from cnn_core.ui.xray.judged import Judged
    from cnn_core.ui.xray.prevalence import prevalence_view
    from tests.charts import study_sample as sample

    result = replace(sample.study(), classes=("normal", "covid19", "a *b* :red[c]"))
    prevalence_view(None, Judged(result=result, scored={}), sample.evaluation())


def test_a_class_is_no_markdown():
    app = AppTest.from_function(_view, default_timeout=60).run()
    assert not app.exception
    options = app.button_group(key="xr-prevalence-class").options
    assert options[:2] == ["normal", "COVID-19"]
    assert "*b*" not in options[2].replace("\\*", "")
    assert ":red[" not in options[2].replace("\\[", "").replace("\\:", "")
