"""A network that answers: images in, raw outputs out. Here an ONNX file opened with ONNX Runtime."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import onnxruntime


Outputs: TypeAlias = "dict[str, NDArray[np.float32]]"


class Network(Protocol):
    """What a model asks. Safe to share between threads."""

    @property
    def output_names(self) -> tuple[str, ...]: ...

    @property
    def device(self) -> str:
        """What really computes: "cpu" or "cuda"."""
        ...

    @property
    def takes_batches(self) -> bool:
        """Whether several images go through at once."""
        ...

    def run(self, tensor: NDArray[np.float32]) -> Outputs:
        """Return the outputs by name for a tensor of shape `(n, 3, height, width)`."""
        ...


class OnnxNetwork:
    """A network in ONNX Runtime."""

    def __init__(self, session: onnxruntime.InferenceSession) -> None:
        self._session = session
        self._input_name: str = session.get_inputs()[0].name
        self._output_names: tuple[str, ...] = tuple(output.name for output in session.get_outputs())

    @property
    def metadata(self) -> dict[str, str]:
        return cast("dict[str, str]", self._session.get_modelmeta().custom_metadata_map)

    @property
    def output_names(self) -> tuple[str, ...]:
        return self._output_names

    @property
    def device(self) -> str:
        return "cuda" if "CUDAExecutionProvider" in self._session.get_providers() else "cpu"

    @property
    def takes_batches(self) -> bool:
        # A free axis has a name, or none; a fixed one has its size.
        return not isinstance(self._session.get_inputs()[0].shape[0], int)

    def run(self, tensor: NDArray[np.float32]) -> Outputs:
        arrays = cast("list[NDArray[np.float32]]", self._session.run(None, {self._input_name: tensor}))
        return dict(zip(self._output_names, arrays, strict=True))


def open_network(file: Path, *, threads: int | None, device: str | None) -> OnnxNetwork:
    """Open a file.

    Args:
        threads: CPU threads; all of them when None.
        device: "cpu", "cuda" or "cuda:1"; CUDA where this ONNX Runtime has it when None.
    Raises:
        ValueError: no such device here, or the file is no network that ONNX Runtime can run.
    """
    import onnxruntime  # half of this package's import time; the training engine uses the rest without it

    providers = _providers(device)
    options = onnxruntime.SessionOptions()
    # What it would log as an error it raises as well.
    options.log_severity_level = 4
    options.intra_op_num_threads = threads or 0
    # Threads that wait for each other sleep: spinning they take the cores of whoever decodes the images.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return OnnxNetwork(onnxruntime.InferenceSession(str(file), options, providers=providers))
    # ONNX Runtime's own errors derive from nothing but Exception.
    except Exception as error:
        raise ValueError(f"{file} cannot be run: {' '.join(str(error).split())[:300]}") from error


def has_cuda() -> bool:
    """Return whether this ONNX Runtime can compute on an Nvidia GPU."""
    import onnxruntime

    return "CUDAExecutionProvider" in onnxruntime.get_available_providers()


def _providers(device: str | None) -> list[str | tuple[str, dict[str, object]]]:
    kind, _, number = (device or "").partition(":")
    if kind not in ("", "cpu", "cuda") or (number and not (kind == "cuda" and number.isdigit())):
        raise ValueError(f"there is no device {device!r}: use cpu, cuda or cuda:1")
    if kind == "cuda" and not has_cuda():
        raise ValueError(
            f"device {device!r} cannot be used: this ONNX Runtime has no CUDA. Install onnxruntime-gpu in place of "
            "onnxruntime, or use cpu"
        )
    cuda: tuple[str, dict[str, object]] = ("CUDAExecutionProvider", {"device_id": int(number or 0)})
    return [cuda, "CPUExecutionProvider"] if kind != "cpu" and has_cuda() else ["CPUExecutionProvider"]
