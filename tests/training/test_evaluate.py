"""Scores against plain arithmetic, and modes that come back."""

import numpy as np
import pytest
import torch
from torch import nn

from cnn_core.training import tensors as module
from cnn_core.training.evaluate import evaluate
from cnn_core.training.tensors import normalise


@pytest.mark.parametrize("batch", [7, 1_000])
def test_scores_are_plain_arithmetic(begin, config, monkeypatch, batch):
    monkeypatch.setattr(module, "EVALUATION_BATCH", batch)
    state, splits = begin(config)
    scores = evaluate(state.model, splits.test)
    with torch.no_grad():
        logits = state.model(normalise(splits.test.images, splits.test)).double().numpy()
    labels = splits.test.labels.numpy()
    shifted = logits - logits.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    assert scores.loss == pytest.approx(-logs[np.arange(60), labels].mean(), rel=1e-5)
    assert scores.correct == (logits.argmax(axis=1) == labels).sum()
    assert scores.accuracy == scores.correct / 60
    np.testing.assert_allclose(scores.logits.numpy(), logits, atol=1e-5)


def test_every_module_keeps_its_own_mode(begin, config):
    """A frozen part stays in evaluation mode while the rest trains."""
    state, splits = begin(config)
    state.model.train()
    state.model.conv1.eval()
    before = {name: part.training for name, part in state.model.named_modules()}
    evaluate(state.model, splits.valid)
    assert {name: part.training for name, part in state.model.named_modules()} == before


def test_modes_come_back_after_an_error(begin, config):
    class Broken(nn.Module):
        def forward(self, images):
            raise RuntimeError("broken")

    broken = Broken()
    _, splits = begin(config)
    with pytest.raises(RuntimeError, match="broken"):
        evaluate(broken, splits.valid)
    assert broken.training


def test_weights_and_gradients_are_left_alone(begin, config):
    state, splits = begin(config)
    before = {name: tensor.clone() for name, tensor in state.model.state_dict().items()}
    evaluate(state.model, splits.valid)
    assert all(
        torch.equal(before[name], tensor) for name, tensor in state.model.state_dict().items()
    )
    assert all(parameter.grad is None for parameter in state.model.parameters())


def test_pixels_are_normalised_by_the_registrys_figures(begin, config):
    _, splits = begin(config)
    images = splits.test.images[:4]
    expected = (images.numpy() / 255 - 0.1307) / 0.3081
    out = normalise(images, splits.test)
    np.testing.assert_allclose(out.numpy(), expected, atol=1e-5)
    assert out.dtype == torch.float32
    assert images.dtype == torch.uint8
