"""A picture of one colour (23 in the list of bad inputs): the page says that nothing is in it."""

from streamlit.testing.v1 import AppTest


def _page(values):
    import numpy as np

    from cnn_core.models.preprocess import prepare
    from cnn_core.models.registry import model_row
    from cnn_core.ui.inspector.preprocessing import say_if_blank

    pixels = np.zeros((40, 60, 3), np.uint8) + np.array(values, np.uint8)
    say_if_blank(prepare(pixels, model_row("alexnet")))


def test_23_the_page_says_that_a_picture_is_blank():
    captions = AppTest.from_function(_page, args=([9, 80, 200],)).run(timeout=60).caption
    assert [caption.value for caption in captions] == [
        "What the network sees of this picture is all one colour: nothing is in it."
    ]


def test_a_picture_with_something_in_it_is_shown_without_words():
    stripes = [[[0]] * 30 + [[255]] * 30]
    page = AppTest.from_function(_page, args=(stripes,)).run(timeout=60)
    assert not page.caption
    assert not page.exception
