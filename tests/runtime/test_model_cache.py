"""The cache of networks: loaded once, pushed out by bytes, lent to one at a time."""

import gc
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torch import nn

from cnn_core.errors import CnnLabError, WeightsError
from cnn_core.models.registry import OFFERED, build_model
from cnn_core.runtime.model_cache import ModelCache, size_in_bytes

SIZE = 4 * (100 * 100 + 100)  # bytes of a network of `small`
PATIENCE = 60  # seconds until a thread that should have come counts as lost


def small(name):
    del name
    return nn.Sequential(
        nn.Linear(100, 100), nn.ReLU(inplace=True), nn.BatchNorm1d(100, affine=False)
    )


def linear(name):
    del name
    return nn.Linear(100, 100)


def cache_of(networks, load=linear, **options):
    return ModelCache(load, budget_bytes=networks * SIZE, device="cpu", **options)


def names(cache):
    return [key for key, _, _ in cache.entries()]


def visit(cache, *keys):
    for key in keys:
        with cache.borrow(key):
            pass


def test_a_network_is_lent_in_evaluation_mode():
    with cache_of(1, small).borrow("a") as model:
        assert not any(module.training for module in model.modules())


def test_the_second_borrower_gets_the_same_network():
    cache = cache_of(2)
    with cache.borrow("a") as first:
        pass
    with cache.borrow("a") as second:
        assert second is first
        assert cache.entries() == [("a", SIZE, 1)]
    assert (cache.hits, cache.misses, cache.evictions) == (1, 1, 0)


def test_the_least_recently_used_goes_first():
    cache = cache_of(2)
    visit(cache, "a", "b", "a", "c")
    assert names(cache) == ["a", "c"]
    assert cache.evictions == 1


def test_a_network_in_use_is_never_pushed_out():
    cache = cache_of(1)
    with cache.borrow("a"):
        visit(cache, "b", "c")
        assert names(cache) == ["a"]
    assert cache.evictions == 2


def test_a_network_larger_than_the_budget_is_lent_then_dropped():
    cache = ModelCache(linear, budget_bytes=SIZE - 1, device="cpu")
    with cache.borrow("a") as model:
        assert model(torch.zeros(1, 100)).shape == (1, 100)
        assert names(cache) == ["a"]
    assert names(cache) == []


def test_bytes_count_parameters_and_buffers():
    model = nn.BatchNorm2d(8).double()
    assert size_in_bytes(model) == 8 * 4 * 8 + 8  # weight, bias, mean, variance; a counter


def test_memory_goes_back():
    cache = cache_of(1)
    with cache.borrow("a") as model:
        gone = weakref.ref(model)
    del model
    visit(cache, "b")
    assert gone() is None


def test_two_sessions_load_a_network_once():
    sessions = 6
    together, loads = threading.Barrier(sessions), []

    def load(key):
        loads.append(key)
        return linear(key)

    cache = cache_of(2, load)

    def session(_):
        together.wait(PATIENCE)
        with cache.borrow("a") as model:
            return model

    with ThreadPoolExecutor(sessions) as pool:
        models = list(pool.map(session, range(sessions)))
    assert loads == ["a"]
    assert all(model is models[0] for model in models)
    assert (cache.hits, cache.misses) == (sessions - 1, 1)


def test_a_failed_load_reaches_everybody_who_waits_and_is_not_kept(wait_until):
    loading, everybody = threading.Event(), threading.Event()
    loads = []

    def load(key):
        loads.append(key)
        if len(loads) > 1:
            return linear(key)
        loading.set()
        everybody.wait(PATIENCE)
        raise WeightsError("The file is damaged.")

    cache = cache_of(2, load)

    def session(_):
        try:
            visit(cache, "a")
        except WeightsError as error:
            return error.message
        return "no error"

    with ThreadPoolExecutor(3) as pool:
        answers = [pool.submit(session, 0)]
        assert loading.wait(PATIENCE)
        answers += [pool.submit(session, number) for number in (1, 2)]
        wait_until(lambda: cache.hits == 2, "both to wait")
        everybody.set()
        assert [answer.result(PATIENCE) for answer in answers] == ["The file is damaged."] * 3
    assert loads == ["a"]
    visit(cache, "a")
    assert (len(loads), cache.misses) == (2, 2)
    assert names(cache) == ["a"]


def test_one_borrower_at_a_time_unless_apart(wait_until):
    cache = cache_of(2)
    seen = []

    def other(*, apart):
        with cache.borrow("a", apart=apart):
            seen.append(apart)

    with cache.borrow("a"):
        waiting = threading.Thread(target=other, kwargs={"apart": False})
        waiting.start()
        wait_until(lambda: cache.hits == 1, "the other to wait")
        assert seen == []
    waiting.join(PATIENCE)
    with cache.borrow("a", apart=True):
        beside = threading.Thread(target=other, kwargs={"apart": False})
        beside.start()
        beside.join(PATIENCE)
        assert not beside.is_alive()
    assert seen == [False, False]


def test_a_network_apart_shares_its_weights_and_none_of_its_hooks():
    cache = cache_of(2, small)
    with cache.borrow("a", apart=True) as twin, cache.borrow("a") as model:
        pairs = zip(
            [*twin.parameters(), *twin.buffers()],
            [*model.parameters(), *model.buffers()],
            strict=True,
        )
        assert all(mine is theirs for mine, theirs in pairs)
        called = []
        twin[0].register_forward_hook(lambda *_: called.append("hook"))
        inputs = torch.randn(3, 100)
        expected = model(inputs)
        assert called == []
        assert torch.equal(twin(inputs), expected)
        assert called == ["hook"]
    with cache.borrow("a") as model:
        assert not model[0]._forward_hooks


@pytest.mark.parametrize("name", OFFERED)
def test_every_network_can_be_lent_apart(name):
    with torch.device("meta"):  # shapes alone: VGG-16 has half a gigabyte of weights
        model = build_model(name)
    cache = ModelCache(lambda _: model, budget_bytes=0, device="meta")
    with cache.borrow("a", apart=True) as twin:
        assert twin is not model
        mine, theirs = (network.state_dict(keep_vars=True) for network in (twin, model))
        assert list(mine) == list(theirs)
        assert all(mine[tensor] is theirs[tensor] for tensor in mine)
        modules = zip(twin.modules(), model.modules(), strict=True)
        assert all(one is not other for one, other in modules)


def test_free_drops_at_once_what_nobody_uses_and_the_rest_when_it_is_done():
    cache = cache_of(3)
    visit(cache, "a")
    with cache.borrow("b"):
        cache.free()
        assert names(cache) == ["b"]
    assert names(cache) == []
    assert cache.evictions == 0
    visit(cache, "b")
    assert names(cache) == ["b"]


def test_where_memory_runs_out_the_others_go_and_it_is_tried_once_more():
    cache, tries = cache_of(3), []
    visit(cache, "a")

    def work(model):
        tries.append(names(cache))
        if len(tries) == 1:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return model

    assert cache.use("b", work) is not None
    assert tries == [["a", "b"], ["b"]]


def test_where_memory_runs_out_twice_it_is_a_sentence():
    def load(key):
        raise torch.OutOfMemoryError("CUDA out of memory")

    with pytest.raises(CnnLabError, match="not enough memory on this machine") as caught:
        cache_of(1, load).use("a", lambda model: model)
    assert caught.value.hint


def test_other_errors_pass_and_nothing_stays_in_use():
    cache = cache_of(1)
    with pytest.raises(ZeroDivisionError):
        cache.use("a", lambda model: 1 / 0)
    assert cache.entries() == [("a", SIZE, 0)]


def test_many_threads_with_a_small_budget_leave_it_consistent():
    sessions, rounds = 8, 30
    together = threading.Barrier(sessions)

    def load(key):
        model = linear(key)
        nn.init.constant_(model.weight, float(key))
        return model

    cache = cache_of(2, load)

    def session(number):
        together.wait(PATIENCE)
        for turn in range(rounds):
            key = (number + turn) % 5
            right = cache.use(key, lambda model: model.weight[0, 0].item(), apart=bool(turn % 2))
            if right != key:
                return f"asked for {key}, got {right}"
        return ""

    with ThreadPoolExecutor(sessions) as pool:
        assert set(pool.map(session, range(sessions))) == {""}
    assert sum(size for _, size, _ in cache.entries()) <= cache.budget_bytes
    assert all(users == 0 for _, _, users in cache.entries())
    assert cache.hits + cache.misses == sessions * rounds


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
def test_networks_go_to_the_gpu_and_leave_it():
    megabytes = 64

    def load(key):
        del key
        return nn.Linear(megabytes << 10, 256, bias=False)  # 64 MiB

    before = torch.cuda.memory_allocated()
    cache = ModelCache(load, budget_bytes=100 << 20)
    with cache.borrow("a") as model:
        assert model.weight.is_cuda
        assert model(torch.zeros(1, megabytes << 10, device="cuda")).shape == (1, 256)
    del model
    visit(cache, "b")
    assert cache.device == "cuda"
    assert names(cache) == ["b"]
    cache.free()
    gc.collect()
    assert torch.cuda.memory_allocated() - before < 20 << 20  # a workspace of the GPU's library
