"""Everything that can be asked of a network and a picture, in this process: one `Inspector`.

It borrows the network from a `ModelCache`, asks a pure function of `cnn_core.explain`, and keeps
what was found lately, so that a page that is drawn again computes nothing again. Safe to call from
any number of threads: each gets the answer to its own question. Answers hold numpy arrays that are
shared with others who ask the same: they are read-only.

Importing this module does not import torch, nor do `networks`, `prepare` and `cache_state`; what
asks a network does.
"""

from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING

from cnn_core.errors import WeightsError
from cnn_core.results.inspection import (
    Attribution,
    Box,
    FeatureMaps,
    Filters,
    Method,
    ModelChoice,
    NetworkInfo,
    Patch,
    PixelArithmetic,
    Pixels,
    Prediction,
    Prepared,
    Switched,
)
from cnn_core.results.model_cache import CacheState
from cnn_core.runtime import networks
from cnn_core.runtime.answers import (
    Answers,
    Result,
    load_torch,
    picture_digest,
    picture_tensor,
)
from cnn_core.runtime.networks import Network
from cnn_core.settings import Settings

if TYPE_CHECKING:
    from torch import nn

__all__ = ["Inspector", "load_torch", "no_classifier"]

Progress = Callable[[int, int], None]  # done, total


def no_classifier(title: str) -> WeightsError:
    """Return the error for classes that were asked of a network that names none."""
    return WeightsError(
        f"{title} has no trained classifier here: it names no classes.",
        hint="Its filters and feature maps can be seen all the same.",
    )


class Inspector:
    """One a server; its networks and recent answers are shared by all sessions.

    Args:
        settings: where weights and runs are.
        budget_bytes: of networks kept in memory.
        device: torch's name; None for a GPU where there is one, else the CPU.
    """

    def __init__(
        self, settings: Settings, *, budget_bytes: int = 1 << 30, device: str | None = None
    ) -> None:
        self._settings = settings
        self._answers = Answers(budget_bytes=budget_bytes, device=device)

    def networks(self) -> list[tuple[str, str, str]]:
        """Return name, title and which weights are at hand (a sentence) of every network.

        The registry's, then finished runs, newest first, as "run:ID". Looked up by file.
        """
        return networks.available(self._settings)

    def describe(self, choice: ModelChoice) -> NetworkInfo:
        """Return a network ready to be inspected.

        Raises:
            UnknownNameError: there is no such network or run.
            WeightsError: its weights are damaged or of another network.
        """
        network = self._resolve(choice)

        def work(model: "nn.Module") -> NetworkInfo:
            from cnn_core.explain.layers import layer_infos

            row = network.row
            shape = (row.channels, row.input_size, row.input_size)
            layers = layer_infos(model, shape, row.layers)
            return NetworkInfo(
                choice=choice,
                title=network.title,
                weights=network.weights,
                classes=network.classes,
                input_shape=shape,
                parameters=sum(parameter.numel() for parameter in model.parameters()),
                macs=sum(layer.macs for layer in layers),
                layers=layers,
                citation=row.citation,
            )

        return self._answers.answer(network, ("describe",), work)

    def prepare(self, choice: ModelChoice, pixels: Pixels) -> Prepared:
        """Return a picture on its way into the network: uint8 (H, W, 3) pixels, RGB.

        For LeNets a digit is looked for; a picture without one goes in as it is.
        """
        return networks.prepare_picture(pixels, self._resolve(choice).row)

    def predict(
        self, choice: ModelChoice, crop_input: Prepared, *, off: Switched = ()
    ) -> Prediction:
        """Return the probabilities of the classes, with the channels in `off` switched off.

        Raises:
            WeightsError: the network has no trained classifier.
        """
        network = self._resolve(choice)
        if not network.classes:
            raise no_classifier(network.title)

        def work(model: "nn.Module") -> Prediction:
            from cnn_core.explain.prediction import predict

            probabilities = predict(model, picture_tensor(crop_input, model), off=off)
            return Prediction(probabilities=probabilities, classes=network.classes)

        return self._answers.answer(network, ("predict", picture_digest(crop_input), off), work)

    def ask(
        self,
        choice: ModelChoice,
        question: tuple[Hashable, ...],
        work: "Callable[[nn.Module, Network], Result]",
    ) -> Result:
        """Return `work(modules, network)`; who asks an equal `question` gets the same answer."""
        network = self._resolve(choice)
        return self._answers.answer(network, question, lambda model: work(model, network))

    def filters(self, choice: ModelChoice, layer: str) -> Filters:
        """Return a convolution's kernels."""

        def work(model: "nn.Module") -> Filters:
            from cnn_core.explain.filters import filters

            return filters(model, layer)

        return self._answers.answer(self._resolve(choice), ("filters", layer), work)

    def maps(self, choice: ModelChoice, prepared: Prepared, layer: str) -> FeatureMaps:
        """Return what a layer answers to a picture."""

        def work(model: "nn.Module") -> FeatureMaps:
            from cnn_core.explain.activations import feature_maps

            return feature_maps(model, picture_tensor(prepared, model), layer)

        return self._answers.answer(
            self._resolve(choice), ("maps", layer, picture_digest(prepared)), work
        )

    def receptive_field(self, choice: ModelChoice, layer: str, row: int, column: int) -> Box:
        """Return what one unit of a layer sees, in pixels of `Prepared.crop`."""
        network = self._resolve(choice)

        def work(model: "nn.Module") -> Box:
            from cnn_core.explain.receptive_field import receptive_field

            shape = (network.row.channels, network.row.input_size, network.row.input_size)
            return receptive_field(model, shape, layer, row, column)

        return self._answers.answer(network, ("receptive field", layer, row, column), work)

    def arithmetic(
        self, choice: ModelChoice, prepared: Prepared, layer: str, unit: tuple[int, int, int]
    ) -> PixelArithmetic:
        """Return how one number (channel, row, column) of a convolution's output comes about."""

        def work(model: "nn.Module") -> PixelArithmetic:
            from cnn_core.explain.arithmetic import pixel_arithmetic

            return pixel_arithmetic(model, picture_tensor(prepared, model), layer, unit)

        key = ("arithmetic", layer, unit, picture_digest(prepared))
        return self._answers.answer(self._resolve(choice), key, work)

    def attribute(
        self,
        choice: ModelChoice,
        prepared: Prepared,
        method: Method,
        target: int,
        *,
        layer: str = "",
        progress: Progress | None = None,
    ) -> Attribution:
        """Return why the class `target`, with figures on how far that can be believed.

        The sanity check is against the same network with random weights (of another seed, where
        its own are random).
        """
        network = self._resolve(choice)
        seed = choice.seed + (network.weights.kind == "untrained")
        randomised = self._resolve(ModelChoice(name=choice.name, weights="random", seed=seed))

        def work(model: "nn.Module") -> Attribution:
            from cnn_core.explain.attribute import attribute

            with self._answers.borrow(randomised) as random_model:
                inputs = picture_tensor(prepared, model)
                return attribute(
                    model, random_model, inputs, method, target, layer=layer, progress=progress
                )

        key = ("attribute", method, target, layer, picture_digest(prepared))
        return self._answers.answer(network, key, work, apart=True)

    def strongest_patches(
        self,
        choice: ModelChoice,
        layer: str,
        channel: int,
        pictures: Sequence[tuple[str, Pixels]],
        *,
        count: int = 9,
        progress: Progress | None = None,
    ) -> list[Patch]:
        """Return the `count` patches of the pictures that drive a channel most, strongest first."""
        network = self._resolve(choice)
        prepared = [
            (name, networks.prepare_picture(pixels, network.row)) for name, pixels in pictures
        ]

        def work(model: "nn.Module") -> list[Patch]:
            from cnn_core.explain.patches import strongest_patches

            return strongest_patches(model, prepared, layer, channel, count, progress)

        seen = tuple((name, picture_digest(picture)) for name, picture in prepared)
        return self._answers.answer(
            network, ("patches", layer, channel, count, seen), work, apart=True
        )

    def visualise_channel(
        self,
        choice: ModelChoice,
        layer: str,
        channel: int,
        *,
        steps: int = 128,
        progress: Progress | None = None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Pixels:
        """Return a picture that a channel would like to see (activation maximisation)."""
        network = self._resolve(choice)

        def work(model: "nn.Module") -> Pixels:
            from cnn_core.explain.visualise import visualise_channel

            row = network.row
            return visualise_channel(
                model,
                layer,
                channel,
                input_shape=(row.channels, row.input_size, row.input_size),
                mean=row.mean,
                std=row.std,
                steps=steps,
                progress=progress,
                cancelled=cancelled,
            )

        key = ("visualise", layer, channel, steps)
        return self._answers.answer(network, key, work, apart=True, keep=lambda: not cancelled())

    def cache_state(self) -> CacheState:
        """Return which networks are in memory, and how often one was there already."""
        return self._answers.state()

    def free(self) -> None:
        """Let go of every network and every recent answer; what is in use goes when it is done."""
        self._answers.free()

    def free_for_training(self, device_id: str) -> None:
        """Let go of everything, at Start, if a run on the device ("cuda:0") needs the room.

        Networks in the machine's own memory stay for a run on a GPU.
        """
        if device_id.partition(":")[0] == self._answers.device.partition(":")[0] != "cpu":
            self.free()

    def _resolve(self, choice: ModelChoice) -> Network:
        return networks.resolve(self._settings, choice)
