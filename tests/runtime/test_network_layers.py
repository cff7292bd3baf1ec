"""The layers of what finished runs have trained: from the table, or counted with their own head."""

import pytest

from cnn_core.concepts.network_costs.table import network_layers, totals
from cnn_core.models.cifar_rows import seeing_cifar
from cnn_core.models.registry import model_row
from cnn_core.runtime import queue
from cnn_core.runtime.network_layers import (
    NetworkOfRun,
    layers_at_hand,
    layers_of,
    networks_of_runs,
)
from cnn_core.runtime.store import RunStore


def network(name, *, row=None, num_classes=10, head=""):
    """Return a run's network; nothing here looks at its record."""
    return NetworkOfRun(record=None, row=row or model_row(name), num_classes=num_classes, head=head)


def test_a_network_as_it_stands_in_the_registry_is_read_from_the_table():
    assert layers_at_hand(network("lenet5")) == network_layers("lenet5")
    assert layers_of(network("lenet5")) == network_layers("lenet5")


@pytest.mark.parametrize(
    "other",
    [
        network("resnet18", num_classes=1000, head="light"),
        network("resnet18", num_classes=3),
        network("resnet18", row=seeing_cifar(model_row("resnet18"), 96), num_classes=1000),
    ],
)
def test_what_differs_has_to_be_counted(other):
    assert layers_at_hand(other) is None


def test_a_head_of_its_own_and_smaller_pictures_are_counted():
    row = seeing_cifar(model_row("resnet18"), 96)
    found = totals(layers_of(network("resnet18", row=row, num_classes=3, head="light")))
    whole = totals(network_layers("resnet18"))
    assert found.parameters == whole.parameters - 513_000 + 3 * 512 + 3
    assert found.linear_macs == 3 * 512
    # 96 / 224 of the side: 9 / 49 of the positions, as 96 and 224 are both multiples of 32
    convolutions = whole.macs - whole.linear_macs
    assert found.macs - found.linear_macs == convolutions * 9 // 49


def test_finished_trainings_are_listed_newest_first_and_nothing_else(store, new_run, events):
    runs = []
    for changes in ({}, {"model": "lenet5-1998"}, {"experiment": '{"seeds": 1}'}):
        runs.append(new_run(**changes))
        store.append(runs[-1], events.started())
        store.append(runs[-1], events.finished())
        queue.end(store, runs[-1], "finished")
    new_run()
    found = networks_of_runs(store)
    assert [each.record.id for each in found] == [runs[1], runs[0]]
    assert [(each.row.id, each.num_classes, each.head) for each in found] == [
        ("lenet5-1998", 10, ""),
        ("lenet5", 10, ""),
    ]
    assert [totals(layers_of(each)).parameters for each in found] == [60_000, 44_426]


def test_a_store_without_runs_has_no_networks(tmp_path):
    assert networks_of_runs(RunStore(tmp_path)) == ()
