"""A triage model's folder: read whole or refused in a sentence, asked from many threads at once."""

import concurrent.futures
import dataclasses
import json
import shutil

import numpy as np
import pytest

from cnn_core.errors import WeightsError
from cnn_core.results.triage import PROJECTION
from cnn_core.runtime.triage_description import (
    ARRAYS_FILE,
    DESCRIPTION_FILE,
    FILES,
    NETWORK_FILE,
    read_description,
)
from cnn_core.runtime.triage_model import read_model
from cnn_core.runtime.triage_reference import projected, projection_matrix
from tests.serving.small_model import write_small_model


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_small_model(tmp_path_factory.mktemp("triage") / "model")


@pytest.fixture(scope="module")
def model(folder):
    return read_model(folder, threads=2)


@pytest.fixture
def copied(folder, tmp_path):
    return shutil.copytree(folder, tmp_path / "model")


def views(count, seed=0):
    return np.random.default_rng(seed).normal(size=(count, 3, 224, 224)).astype(np.float32)


def describe(folder, **changes):
    """Write other values into a model's description."""
    path = folder / DESCRIPTION_FILE
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_it_says_what_it_is(model, folder):
    described = read_description(folder)
    assert (model.title, model.synthetic) == (described.title, described.synthetic)
    assert model.classes == described.result.classes
    assert model.prior == described.result.prior
    assert model.temperature == described.result.temperature
    assert (model.parity, model.threads, len(model.sha256)) == (1e-6, 2, 64)
    assert len(model.known) == len(model.gate.known)
    assert model.reference is not None
    assert len(model.reference.scores) == 5


def test_logits_embeddings_and_maps_belong_together(model):
    asked = views(3)
    for ask, head in ((model.ask, model.head), (model.ask_random, model.random_head)):
        seen = ask(asked)
        assert (seen.logits.dtype, seen.embeddings.dtype) == (np.float64, np.float32)
        np.testing.assert_allclose(seen.maps.mean(axis=(2, 3)), seen.embeddings, atol=1e-5)
        np.testing.assert_allclose(seen.embeddings @ head.T, seen.logits, atol=1e-5)
    assert np.abs(model.ask(asked).logits - model.ask_random(asked).logits).max() > 0.1


def test_more_than_a_batch_and_many_threads_are_told_the_same(model):
    asked = views(35)
    whole = model.ask(asked).logits
    one_by_one = np.concatenate([model.ask(view[None]).logits for view in asked])
    np.testing.assert_allclose(whole, one_by_one, atol=1e-6)
    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        at_once = list(threads.map(lambda view: model.ask(view[None]).logits, asked))
    np.testing.assert_array_equal(np.concatenate(at_once), one_by_one)


def test_a_projection_is_of_directions(model):
    embeddings = model.ask(views(4)).embeddings
    found = model.project(embeddings)
    assert (found.shape, found.dtype) == ((4, PROJECTION), np.float32)
    np.testing.assert_allclose(model.project(7 * embeddings), found, atol=1e-6)
    matrix = projection_matrix(embeddings.shape[1])
    np.testing.assert_array_equal(found, projected(embeddings, matrix))


@pytest.mark.parametrize(
    "wrong", [np.zeros((3, 224, 224), np.float32), views(1)[:, :, :9], views(1).astype(np.float64)]
)
def test_what_is_no_view_is_a_bug_of_the_caller(model, wrong):
    with pytest.raises(ValueError, match=r"expected float32 \(N, \*\(3, 224, 224\)\), but got"):
        model.ask(wrong)


def test_a_network_that_cannot_answer_is_said_in_a_sentence(model):
    class Full:
        def run(self, names, inputs):
            return model._network.run(["nothing"], inputs)  # ONNX Runtime's own fault

    broken = dataclasses.replace(model, _network=Full())
    with pytest.raises(WeightsError, match="cannot be asked") as caught:
        broken.ask(views(1))
    assert caught.value.hint


@pytest.mark.parametrize("name", FILES)
def test_a_byte_that_differs_is_refused_before_anything_is_run(copied, name):
    payload = bytearray((copied / name).read_bytes())
    payload[len(payload) // 2] ^= 1
    (copied / name).write_bytes(payload)
    with pytest.raises(WeightsError, match=f"{name} of this triage model is damaged"):
        read_model(copied)


@pytest.mark.parametrize("name", [*FILES, DESCRIPTION_FILE])
def test_a_file_that_is_missing_is_named(copied, name):
    (copied / name).unlink()
    with pytest.raises(WeightsError, match=name):
        read_model(copied)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"format": 1}', '{"format": {}}', "null"])
def test_a_description_that_is_none_is_refused(copied, text):
    (copied / DESCRIPTION_FILE).write_text(text)
    with pytest.raises(WeightsError):
        read_model(copied)


def test_another_format_says_what_to_do(copied):
    describe(copied, format=9)
    with pytest.raises(WeightsError, match="of format 9, but 1 is read here") as caught:
        read_model(copied)
    assert caught.value.hint == "Export it again with this version."


def test_files_that_do_not_belong_together_are_refused(copied, tmp_path):
    result = json.loads((copied / DESCRIPTION_FILE).read_text())["result"]
    two = {**result, "classes": result["classes"][:2]}
    describe(copied, result=two)
    with pytest.raises(WeightsError, match="do not belong together"):
        read_model(copied)
    describe(copied, result=result, model="no-such-network")
    with pytest.raises(WeightsError, match="do not belong together"):
        read_model(copied)


def test_what_is_no_network_is_refused_though_its_digest_is_right(copied):
    from cnn_core.models.weights_file import sha256_of

    for name in (NETWORK_FILE, ARRAYS_FILE):
        kept = (copied / name).read_bytes()
        (copied / name).write_bytes(b"no model")
        describe(copied, files={each: sha256_of(copied / each) for each in FILES})
        with pytest.raises(WeightsError, match=f"{name} of this triage model"):
            read_model(copied)
        (copied / name).write_bytes(kept)
