"""A fine-tuned network from the outside: code that builds and loads it, and its size.

The code does with torchvision or timm alone. It goes into the model card; a test runs it. Free of
torch.
"""

from itertools import pairwise

from cnn_core.models.fine_tuning import BOTTLENECK, HIDDEN, WITH_HIDDEN_LAYERS
from cnn_core.models.model_row import ModelRow

_TIMM = "efficientnet-lite0"
_WIDTHS = {  # of what the head gets
    "vgg16": (512, 25088),
    "alexnet": (256, 9216),
    "googlenet": (1024, 1024),
    "resnet18": (512, 512),
    "resnet34": (512, 512),
    "resnet50": (2048, 2048),
    "efficientnet-lite0": (1280, 1280),
}


def loading_code(row: ModelRow, head: str, num_classes: int) -> str:
    """Return Python that leaves the network, in evaluation mode, in the variable `network`.

    Args:
        row: one of `fine_tuning.BACKBONES`.
        head: "light", "reference" or "original".
        num_classes: how many outputs.

    >>> from cnn_core.models.registry import model_row
    >>> print(loading_code(model_row("resnet18"), "light", 5))
    import torchvision
    from safetensors.torch import load_file
    network = torchvision.models.resnet18(num_classes=5)
    network.load_state_dict(load_file("weights.safetensors"))
    network.eval()
    """
    lines = ["from safetensors.torch import load_file"]
    if row.id == _TIMM:
        lines.insert(0, "import timm")
        lines.append(
            f'network = timm.create_model("tf_efficientnet_lite0", num_classes={num_classes})'
        )
    else:
        lines.insert(0, "import torchvision")
        more = ""
        if row.id == "googlenet":
            more = ", aux_logits=False, transform_input=True, init_weights=False"
        lines.append(f"network = torchvision.models.{row.id}(num_classes={num_classes}{more})")
    light, reference = _WIDTHS[row.id]
    name = row.head.removesuffix(".")
    if head == "light" and row.id in WITH_HIDDEN_LAYERS:
        lines.append("network.avgpool = torch.nn.AdaptiveAvgPool2d(1)")
        lines.append(f"network.{name} = torch.nn.Linear({light}, {num_classes})")
    if head == "reference":
        lines += [
            f"network.{name} = torch.nn.Sequential(",
            f"    torch.nn.Linear({reference}, {HIDDEN}), torch.nn.ReLU(), torch.nn.Dropout(0.5),",
            f"    torch.nn.Linear({HIDDEN}, {BOTTLENECK}), torch.nn.ReLU(), torch.nn.Dropout(0.5),",
            f"    torch.nn.Linear({BOTTLENECK}, {num_classes}),",
            ")",
        ]
    if any("torch.nn" in line for line in lines):
        lines.insert(0, "import torch")
    lines += ['network.load_state_dict(load_file("weights.safetensors"))', "network.eval()"]
    return "\n".join(lines)


def count_parameters(row: ModelRow, head: str, num_classes: int) -> int:
    """Return how many parameters the whole fine-tuned network has.

    Args:
        row: one of `fine_tuning.BACKBONES`.
        head: "light", "reference" or "original".
        num_classes: how many outputs.

    >>> from cnn_core.models.registry import model_row
    >>> count_parameters(model_row("vgg16"), "light", 5)
    14717253
    """
    light, reference = _WIDTHS[row.id]
    hidden = (HIDDEN,) if row.id in WITH_HIDDEN_LAYERS else ()
    own = _linear_layers(reference, *hidden, *hidden, row.num_classes)
    heads = {
        "light": _linear_layers(light, num_classes),
        "reference": _linear_layers(reference, HIDDEN, BOTTLENECK, num_classes),
        "original": _linear_layers(reference, *hidden, *hidden, num_classes),
    }
    return row.parameters - own + heads[head]


def _linear_layers(*widths: int) -> int:
    """Weights and biases of linear layers of these widths, one after the other."""
    return sum((before + 1) * after for before, after in pairwise(widths))
