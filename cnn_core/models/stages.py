"""A network as stages that run one after the other, cut in two: a frozen front, a trained rest.

The stages share their modules with the network, and run in order they compute what it computes.
Their names and where the cut is stand in `models.cuts`, free of torch.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from torch import Tensor, nn

from cnn_core.models.cuts import BLOCKS, cut_of, frozen_end

__all__ = [
    "Branched",
    "Frozen",
    "Rest",
    "WithAuxiliary",
    "cut_of",
    "front_and_rest",
    "main_logits",
    "stages",
]

# of `features`; a block ends with its pooling
_VGG16 = (slice(0, 5), slice(5, 10), slice(10, 17), slice(17, 24), slice(24, 31))
_ALEXNET = (slice(0, 3), slice(3, 6), slice(6, 8), slice(8, 10), slice(10, 13))
_GOOGLENET = (
    ("conv1", "maxpool1", "conv2", "conv3", "maxpool2"),
    ("inception3a", "inception3b", "maxpool3"),
    ("inception4a", "inception4b", "inception4c", "inception4d", "inception4e", "maxpool4"),
    ("inception5a", "inception5b"),
)


_AUXILIARY = {"inception4a": "aux1", "inception4d": "aux2"}  # after which modules, figure 3


class WithAuxiliary(NamedTuple):
    """What a network with auxiliary heads gives in training: logits (batch, classes) of each head.

    Attributes:
        logits: of the main head.
        auxiliary: of the auxiliary heads, in the order in which they stand in the network.
    """

    logits: Tensor
    auxiliary: tuple[Tensor, ...]


def main_logits(outputs: Tensor | WithAuxiliary) -> Tensor:
    """Return the main head's logits of what a network gave, in training mode or not."""
    return outputs.logits if isinstance(outputs, WithAuxiliary) else outputs


class _Call(nn.Module):
    """A method of a network as a stage; it has no parameters of its own."""

    def __init__(self, call: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self._call = call

    def forward(self, maps: Tensor) -> Tensor:
        return self._call(maps)


class Branched(nn.Module):
    """A stage with auxiliary heads on maps in its middle. Called, it leaves them out.

    Args:
        parts: that run one after the other.
        heads: by the place, from 0, of the part whose maps they take.
    """

    def __init__(self, parts: Sequence[nn.Module], heads: Mapping[int, nn.Module]) -> None:
        super().__init__()
        self.parts = nn.ModuleList(parts)
        self.heads = nn.ModuleDict({str(place): head for place, head in heads.items()})

    @property
    def learns(self) -> bool:
        """Whether the auxiliary heads have gradients."""
        return any(parameter.requires_grad for parameter in self.heads.parameters())

    def forward(self, maps: Tensor) -> Tensor:
        """Return the maps that the last part gives."""
        for part in self.parts:
            maps = part(maps)
        return maps

    def branched(self, maps: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Return the same, and the logits (batch, classes) of each auxiliary head."""
        logits = []
        for place, part in enumerate(self.parts):
            maps = part(maps)
            if str(place) in self.heads:
                logits.append(self.heads[str(place)](maps))
        return maps, tuple(logits)


def stages(network: nn.Module, row_id: str) -> list[tuple[str, nn.Module]]:
    """Return the network's stages in the order in which they run, with their names.

    Args:
        network: of `registry.build_model` or `fine_tuning.build_fine_tuned`; not changed.
        row_id: one of `cuts.BLOCKS`.

    >>> from cnn_core.models.registry import build_model
    >>> [name for name, _ in stages(build_model("resnet18"), "resnet18")]
    ['stem', 'layer1', 'layer2', 'layer3', 'layer4', 'pool', 'head']
    """
    blocks, pool, head = _parts(network, row_id)
    found = [*zip(BLOCKS[row_id], blocks, strict=True), ("pool", pool)]
    layers = list(head) if isinstance(head, nn.Sequential) else [head]
    dropout = getattr(network, "dropout", None)
    layers = layers if dropout is None else [dropout, *layers]
    hidden = max((i for i, layer in enumerate(layers, 1) if isinstance(layer, nn.ReLU)), default=0)
    if hidden:
        found.append(("hidden", nn.Sequential(*layers[:hidden])))
    return [*found, ("head", nn.Sequential(*layers[hidden:]))]


def _parts(network: nn.Module, row_id: str) -> tuple[list[nn.Module], nn.Module, nn.Module]:
    """Return blocks, pooling (to a vector) and head of a network."""
    net = dict(network.named_children())
    if row_id == "efficientnet-lite0":
        first, *middle, last = net["blocks"].children()
        blocks = [
            nn.Sequential(net["conv_stem"], net["bn1"]),
            *(first, *middle),
            nn.Sequential(last, net["conv_head"], net["bn2"]),
        ]
        return blocks, net["global_pool"], net["classifier"]  # timm's pooling makes a vector
    pool = nn.Sequential(net["avgpool"], nn.Flatten(1))
    if row_id in ("vgg16", "alexnet"):
        layers = list(net["features"].children())
        spans = _VGG16 if row_id == "vgg16" else _ALEXNET
        return [nn.Sequential(*layers[span]) for span in spans], pool, net["classifier"]
    if "inception3a" in net:
        blocks = [_inceptions(net, names) for names in _GOOGLENET]
        if row_id == "googlenet":
            blocks[0] = nn.Sequential(_Call(network._transform_input), blocks[0])  # type: ignore[arg-type]
        return blocks, pool, net["fc"]
    stem = nn.Sequential(*(net[name] for name in ("conv1", "bn1", "relu", "maxpool")))
    return [stem, *(net[f"layer{number}"] for number in range(1, 5))], pool, net["fc"]


def _inceptions(net: Mapping[str, nn.Module], names: Sequence[str]) -> nn.Module:
    """Return the modules of these names as a stage, with the auxiliary heads that hang on them."""
    parts = [net[name] for name in names]
    heads = {
        place: net[_AUXILIARY[name]]
        for place, name in enumerate(names)
        if _AUXILIARY.get(name, "") in net
    }
    return Branched(parts, heads) if heads else nn.Sequential(*parts)


class Frozen(nn.Sequential):
    """Stages that do not learn: no gradients, and in evaluation mode whatever `train` says.

    So BatchNorm's running statistics stay as they are, to the bit, and nothing is dropped.
    """

    def __init__(self, *parts: nn.Module) -> None:
        super().__init__(*parts)
        self.requires_grad_(False)
        self.train(False)

    def train(self, mode: bool = True) -> "Frozen":
        """Stay in evaluation mode."""
        del mode
        super().train(False)
        return self


class Rest(nn.Module):
    """The trained stages; parameters and buffers are called as in the whole network.

    Args:
        network: that the stages are of.
        parts: names and stages, in the order in which they run.
        backbone: how many of them stand before the cut of mode "frozen"; none or less where that
            is before them all.
    """

    def __init__(
        self, network: nn.Module, parts: Sequence[tuple[str, nn.Module]], *, backbone: int
    ) -> None:
        super().__init__()
        held = {id(module) for _, stage in parts for module in stage.modules()}
        for name, child in network.named_children():
            kept = _pruned(child, held)
            if kept is not None:
                self.add_module(name, kept)
        # a tuple, so that they are not registered a second time under other names
        self.parts = tuple(parts)
        self._backbone = backbone

    def forward(self, maps: Tensor) -> Tensor | WithAuxiliary:
        """Return the logits `(batch, classes)` for what crosses the cut.

        In training mode with those of the auxiliary heads, if there are any that learn.
        """
        auxiliary: tuple[Tensor, ...] = ()
        for _, stage in self.parts:
            if self.training and isinstance(stage, Branched) and stage.learns:
                maps, auxiliary = stage.branched(maps)
            else:
                maps = stage(maps)
        return WithAuxiliary(maps, auxiliary) if auxiliary else maps

    def with_embeddings(self, maps: Tensor) -> tuple[Tensor, Tensor]:
        """Return the logits, and what crosses the cut of mode "frozen", averaged over its places.

        So a picture has the same embedding `(batch, D)` whatever part of the network learned.
        """
        embedding = maps
        for index, (_, stage) in enumerate(self.parts, start=1):
            maps = stage(maps)
            if index == self._backbone:
                embedding = maps
        return maps, embedding.flatten(2).mean(dim=2) if embedding.dim() > 2 else embedding


def _pruned(module: nn.Module, held: set[int]) -> nn.Module | None:
    """Return `module` if all of it is held; else a module with what is, under the same names."""
    if id(module) in held:
        return module
    kept = [(name, _pruned(child, held)) for name, child in module.named_children()]
    some = nn.Module()
    for name, child in kept:
        if child is not None:
            some.add_module(name, child)
    return some if any(child is not None for _, child in kept) else None


def front_and_rest(network: nn.Module, row_id: str, mode: str, head: str) -> tuple[Frozen, Rest]:
    """Return a network cut in two: in evaluation mode `rest(front(pixels)) == network(pixels)`.

    Both share their modules with `network`. The front is frozen from here on, and empty where all
    of the network learns.

    Args:
        network: of `fine_tuning.build_fine_tuned` or `fine_tuning.assemble`.
        row_id: one of `cuts.BLOCKS`.
        mode: "frozen", "last-block", "all" or "scratch".
        head: the head that the network was built with.

    Raises:
        ConfigError: the network cannot be fine-tuned so.
    """
    cut, parts = cut_of(row_id, mode, head), stages(network, row_id)
    front = Frozen(*(stage for _, stage in parts[:cut]))
    return front, Rest(network, parts[cut:], backbone=frozen_end(row_id, head) - cut)
