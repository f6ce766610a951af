"""The weights of a shipped model, back in float32."""

from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import torch

from index.runtime import MODEL


def float_weights(folder: Path) -> dict[str, torch.Tensor]:
    """The weights of the quantized model in ``folder``, in float32, by the names that transformers gives them.

    What NNCF's SmoothQuant moved from weights to activations is moved back.
    """
    core = ov.Core()
    weights = {}
    for node in core.read_model(folder / MODEL).get_ordered_ops():
        module, _, operation = node.get_friendly_name().partition("/")
        name = module.removeprefix("__module.")
        if operation == "aten::linear/MatMul":
            weights[f"{name}.weight"] = _value(core, node.input_value(1)) * _smoothing(core, node)
        elif operation == "aten::linear/Add" or operation == "aten::layer_norm/Add":
            weights[f"{name}.bias"] = _constant(core, node).reshape(-1)
        elif operation == "aten::layer_norm/Multiply_1":
            weights[f"{name}.weight"] = _constant(core, node).reshape(-1)
        elif operation == "aten::embedding/Gather":
            weights[f"{name}.weight"] = _value(core, node.input_value(0))
    return {name: torch.from_numpy(value) for name, value in weights.items()}


def _value(core: ov.Core, output: Any) -> np.ndarray:
    """What the constant expression ``output`` comes to."""
    compiled = core.compile_model(ov.Model([output], []), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return np.array(compiled([])[0], dtype=np.float32)


def _constant(core: ov.Core, node: Any) -> np.ndarray:
    """The one constant among the inputs of ``node``."""
    sizes = [n for n in range(2) if node.input_value(n).get_partial_shape().is_static]
    return _value(core, node.input_value(sizes[-1]))


def _smoothing(core: ov.Core, matmul: Any) -> np.ndarray | float:
    """By what SmoothQuant multiplies the activations that enter ``matmul``."""
    before = matmul.input_value(0).get_node()
    while before.get_type_name() == "FakeQuantize":
        before = before.input_value(0).get_node()
    if before.get_friendly_name().endswith("nncf_smooth_quant"):
        return _constant(core, before).reshape(-1)
    return 1.0
