"""The order in which a queue is served: every run once, oldest first, owners in turns."""

from hypothesis import given
from hypothesis import strategies as st

from cnn_core.runtime.turns import Waiting, serving_order

OWNERS = "abcd"
QUEUES = st.lists(st.tuples(st.sampled_from(OWNERS), st.integers(0, 5)), max_size=25).map(
    lambda rows: [
        Waiting(queued=float(queued), id=f"run-{number:02}", owner=owner)
        for number, (owner, queued) in enumerate(rows)
    ]
)
SERVED = st.dictionaries(st.sampled_from(OWNERS), st.floats(0.0, 9.0))


def one_at_a_time(waiting, served):
    """The rule, word for word: the oldest run of the owner who was served least recently."""
    left, served, order = list(waiting), dict(served), []
    for turn in range(len(left)):
        head = min(left, key=lambda run: (served.get(run.owner, 0.0), run.queued, run.id))
        left.remove(head)
        served[head.owner] = 10.0 + turn
        order.append(head.id)
    return order


def test_nobody_waits():
    assert serving_order([], {"ada": 1.0}) == []


@given(QUEUES, SERVED)
def test_the_order_is_the_rule_applied_run_by_run(waiting, served):
    before = list(waiting), dict(served)
    assert serving_order(waiting, served) == one_at_a_time(waiting, served)
    assert (waiting, served) == before
    assert serving_order(reversed(waiting), served) == serving_order(waiting, served)


@given(QUEUES, SERVED)
def test_nobody_has_a_second_turn_while_somebody_waits_for_the_first(waiting, served):
    owner_of = {run.id: run.owner for run in waiting}
    order = [owner_of[run_id] for run_id in serving_order(waiting, served)]
    owners = set(order)
    assert set(order[: len(owners)]) == owners


def test_a_hundred_runs_hold_nobody_up_by_more_than_one():
    many = [Waiting(queued=float(n), id=f"ada-{n:03}", owner="ada") for n in range(100)]
    one = Waiting(queued=1_000.0, id="bob", owner="bob")
    assert serving_order([*many, one], {})[:3] == ["ada-000", "bob", "ada-001"]
    assert serving_order([*many, one], {"ada": 999.0})[0] == "bob"


def test_a_clock_that_was_set_back_changes_no_turns():
    """Ada was served in what is now the future; her second run still comes after Bob's."""
    ada = [Waiting(queued=float(n), id=f"ada-{n}", owner="ada") for n in range(2)]
    bob = [Waiting(queued=5.0 + n, id=f"bob-{n}", owner="bob") for n in range(2)]
    order = serving_order([*ada, *bob], {"ada": 1e12, "bob": 1e9})
    assert order == ["bob-0", "ada-0", "bob-1", "ada-1"]
