"""A triage model of 24 weights, in the form of every other: what a service does with any."""

import io

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from PIL import Image
from safetensors.numpy import save

from cnn_core.models.registry import model_row
from cnn_core.models.weights_file import sha256_of
from cnn_core.results.monitoring import DriftSample
from cnn_core.results.xray_decision import Gate
from cnn_core.runtime.kept_gate import gate_arrays
from cnn_core.runtime.triage_description import (
    ARRAYS_FILE,
    DESCRIPTION_FILE,
    FILES,
    FORMAT,
    GATE,
    HEAD,
    INPUT,
    NETWORK_FILE,
    OUTPUTS,
    RANDOM_FILE,
    RANDOM_HEAD,
    Description,
    Parity,
    description_bytes,
)
from cnn_core.runtime.triage_reference import projection_matrix, reference_arrays
from tests.charts.study_sample import CLASSES, study

WIDTH, KNOWN = 8, 12


def write_small_model(folder, *, seed=0, films=5):
    """Write the model, with so many films to notice change by, to a new folder; return it.

    Another seed makes another model.
    """
    folder.mkdir(parents=True)
    draw = np.random.default_rng(seed)
    heads = [draw.normal(0, 1, (len(CLASSES), WIDTH)).astype(np.float32) for _ in range(2)]
    for name, head in zip((NETWORK_FILE, RANDOM_FILE), heads, strict=True):
        kernel = draw.normal(0, 1, (WIDTH, 3, 1, 1)).astype(np.float32)
        onnx.save(_network(kernel, head), folder / name)
    (folder / ARRAYS_FILE).write_bytes(save(_arrays(draw, heads, films)))
    described = Description(
        format=FORMAT,
        title=f"Small model {seed}",
        synthetic=True,
        model="efficientnet-lite0",
        head="light",
        source="0" * 64,
        result=study(),
        parity=Parity(films=1, logits=1e-6, probabilities=1e-7),
        files={name: sha256_of(folder / name) for name in FILES},
        versions={},
    )
    (folder / DESCRIPTION_FILE).write_bytes(description_bytes(described))
    return folder


def film_png(seed=0, side=192):
    """Return a PNG of a smooth grey picture; another seed makes another one."""
    coarse = np.random.default_rng(seed).integers(20, 236, (6, 6), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC).save(file, "PNG")
    return file.getvalue()


def _network(kernel, head):
    size = model_row("efficientnet-lite0").input_size
    weights = {"kernel": kernel, "head": np.ascontiguousarray(head.T), "axes": np.array([2, 3])}
    nodes = [
        helper.make_node(
            "AveragePool", [INPUT], ["pooled"], kernel_shape=[32, 32], strides=[32, 32]
        ),
        helper.make_node("Conv", ["pooled", "kernel"], ["convolved"]),
        helper.make_node("Relu", ["convolved"], ["maps"]),
        helper.make_node("ReduceMean", ["maps", "axes"], ["embeddings"], keepdims=0),
        helper.make_node("MatMul", ["embeddings", "head"], ["logits"]),
    ]
    sizes = {
        "logits": [len(CLASSES)],
        "embeddings": [WIDTH],
        "maps": [WIDTH, size // 32, size // 32],
    }
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, ["n", 3, size, size])],
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", *sizes[name]])
            for name in OUTPUTS
        ],
        [numpy_helper.from_array(array, name) for name, array in weights.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)


def _arrays(draw, heads, films):
    known = draw.normal(0, 1, (KNOWN, WIDTH)).astype(np.float32)
    known /= np.linalg.norm(known, axis=1, keepdims=True)
    gate = Gate(
        weights=np.zeros(WIDTH),
        bias=-1.0,
        mean=np.zeros(WIDTH),
        scale=np.ones(WIDTH),
        known=known,
        neighbours=3,
        limit=2.0,
    )
    none = np.zeros(films, dtype=bool)
    sample = DriftSample(
        scores=draw.random(films),
        distances=draw.random(films),
        brightness=draw.random(films),
        contrast=draw.random(films),
        projections=draw.normal(0, 1, (films, 16)).astype(np.float32),
        referred=none,
        refused=none,
    )
    held = reference_arrays([(CLASSES[0], "A")] * KNOWN, sample, projection_matrix(WIDTH))
    parts = {GATE + name: array for name, array in gate_arrays(gate).items()}
    return parts | held | {HEAD: heads[0], RANDOM_HEAD: heads[1]}
