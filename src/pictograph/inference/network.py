"""An ONNX file opened with ONNX Runtime: an image in, the network's raw outputs out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from pictograph.inference.images import Placement, fit, to_tensor
from pictograph.inference.spec import Preprocessing
from pictograph.pixels import RgbArray

if TYPE_CHECKING:
    import onnxruntime


class Network:
    """Safe to share between threads."""

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
        """Return what really computes: "cpu" or "cuda"."""
        return "cuda" if "CUDAExecutionProvider" in self._session.get_providers() else "cpu"

    def run(self, image: RgbArray, preprocessing: Preprocessing) -> tuple[dict[str, NDArray[np.float32]], Placement]:
        """Return the outputs by name, with the batch's axis where they have one, and where the image was."""
        fitted, placement = fit(image, preprocessing)
        answers = self._session.run(None, {self._input_name: to_tensor(fitted, preprocessing)})
        arrays = cast("list[NDArray[np.float32]]", answers)
        return dict(zip(self._output_names, arrays, strict=True)), placement


def open_network(file: Path, *, threads: int | None, device: str | None) -> Network:
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
        return Network(onnxruntime.InferenceSession(str(file), options, providers=providers))
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
