"""The numbers in the texts of "AlexNet or VGG?", held against code and published tables."""

from cnn_core.ui.experiments.alexnet_vgg import PAGE
from cnn_core.ui.experiments.alexnet_vgg_facts import counted, factors, published


def test_the_weights_of_stacks_are_those_of_the_paper():
    assert factors(5) == (2 * 9, 25)
    assert factors(7) == (27, 49)
    assert round(100 * (49 / 27 - 1)) == 81  # Simonyan and Zisserman 2015, section 2.3


def test_both_networks_are_counted():
    text = counted()
    fully_connected = [(9_216, 4_096), (4_096, 4_096), (4_096, 1_000)]
    alexnet = sum((into + 1) * out for into, out in fully_connected) / 61_100_840
    vgg = sum((into + 1) * out for into, out in [(25_088, 4_096), *fully_connected[1:]])
    assert "61,100,840 parameters, VGG-16 138,357,544" in text
    assert f"{100 * alexnet:.1f} and {100 * vgg / 138_357_544:.1f} % of them" in text
    assert "0.71 and 15.47 billion" in text
    assert "22 times as many, 99 % of them" in text


def test_ensembles_and_one_crop_are_kept_apart():
    text = published()
    for part in ("15.3 % of 2012", "7.3 % of 2014", "20.93 % and 9.62 %", "7 networks averaged"):
        assert part in text


def test_the_page_has_its_tabs_and_says_which_runs_open_in_them():
    titles = [title for title, _ in PAGE.more]
    assert [title for _, title in PAGE.inside] == titles[1:] == ["Costs"]
