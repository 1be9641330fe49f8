"""A network that answers: images in, raw outputs out. Here an ONNX file opened with ONNX Runtime."""

from __future__ import annotations

import contextlib
import io
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
        """Return the outputs by name for a tensor of shape `(n, 3, height, width)`.

        Raises:
            RuntimeError: it cannot be computed: most often there is not enough memory for `n` images.
        """
        ...


class NoSuchDevice(ValueError):
    """This machine, or this ONNX Runtime, does not have the device."""


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
        # A free axis has a name, or none; a fixed one has its size. A network may take many images and answer for one.
        values = (self._session.get_inputs()[0], *self._session.get_outputs())
        return all(value.shape and not isinstance(value.shape[0], int) for value in values)

    def run(self, tensor: NDArray[np.float32]) -> Outputs:
        try:
            arrays = cast("list[NDArray[np.float32]]", self._session.run(None, {self._input_name: tensor}))
        # ONNX Runtime's own errors derive from nothing that can be told apart.
        except Exception as error:
            if not type(error).__module__.startswith("onnxruntime"):
                raise
            # The reason comes last, behind names of source files.
            raise RuntimeError(f"ONNX Runtime: … {' '.join(str(error).split())[-200:]}") from error
        return dict(zip(self._output_names, arrays, strict=True))


def open_network(file: Path, *, threads: int | None, device: str | None) -> OnnxNetwork:
    """Open a file.

    Args:
        threads: CPU threads; all of them when None.
        device: "cpu", "cuda" or "cuda:1"; CUDA where it can be had when None.
    Raises:
        NoSuchDevice: the device is not there.
        ValueError: there are no such devices at all, or the file is no network that ONNX Runtime can run.
    """
    kind, _, number = (device or "").partition(":")
    if kind not in ("", "cpu", "cuda") or (number and not (kind == "cuda" and number.isdigit())):
        raise ValueError(f"there is no device {device!r}: use cpu, cuda or cuda:1")
    if kind == "cpu" or not has_cuda():
        if kind == "cuda":
            raise NoSuchDevice(
                f"device {device!r} cannot be used: this ONNX Runtime has no CUDA. Install onnxruntime-gpu in place of "
                "onnxruntime, or use cpu"
            )
        return OnnxNetwork(_session(file, threads, ["CPUExecutionProvider"]))
    return _on_gpu(file, threads, number, or_on_cpu=not kind)


def has_cuda() -> bool:
    """Return whether this ONNX Runtime was built for Nvidia GPUs."""
    import onnxruntime

    return "CUDAExecutionProvider" in onnxruntime.get_available_providers()


def _on_gpu(file: Path, threads: int | None, number: str, *, or_on_cpu: bool) -> OnnxNetwork:
    facts: dict[str, object] = {
        "device_id": int(number or 0),
        # Trying every algorithm takes seconds for each size of batch, and the last of many images is another size.
        "cudnn_conv_algo_search": "HEURISTIC",
        # As much memory as is needed, not the next power of two: the GPU may be shared with an annotator or a training.
        "arena_extend_strategy": "kSameAsRequested",
    }
    _load_cuda()
    try:
        network = OnnxNetwork(_session(file, threads, [("CUDAExecutionProvider", facts), "CPUExecutionProvider"]))
        reason = "CUDA's or cuDNN's libraries are missing, or of another version than this ONNX Runtime was built for"
    except ValueError as error:
        # Also a file that is no network: then it is none on the CPU either, and that error is raised.
        network = OnnxNetwork(_session(file, threads, ["CPUExecutionProvider"]))
        reason = str(error)
    if network.device == "cpu" and not or_on_cpu:
        raise NoSuchDevice(f"device {'cuda:' + number if number else 'cuda'!r} cannot be used: {reason}. Use cpu")
    return network


def _load_cuda() -> None:
    """Load CUDA and cuDNN from the packages that pip installed, where they are: ONNX Runtime alone does not look."""
    import onnxruntime

    # What it cannot load it tells on stdout, which may be a program's output.
    with contextlib.redirect_stdout(io.StringIO()):
        onnxruntime.preload_dlls()


def _session(
    file: Path, threads: int | None, providers: list[str | tuple[str, dict[str, object]]]
) -> onnxruntime.InferenceSession:
    import onnxruntime  # half of this package's import time; the training engine uses the rest without it

    options = onnxruntime.SessionOptions()
    # What it would log as an error it raises as well.
    options.log_severity_level = 4
    options.intra_op_num_threads = threads or 0
    # Threads that wait for each other sleep: spinning they take the cores of whoever decodes the images.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        # Its own way to another provider prints on stdout.
        return onnxruntime.InferenceSession(str(file), options, providers=providers, enable_fallback=0)
    # ONNX Runtime's own errors derive from nothing but Exception.
    except Exception as error:
        raise ValueError(f"{file} cannot be run: {' '.join(str(error).split())[:300]}") from error
