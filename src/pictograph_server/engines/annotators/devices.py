"""What a network can use of a machine: the device, its number format, how much at once."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pictograph_server.engines.errors import EngineError, EngineUnavailable

if TYPE_CHECKING:
    import torch

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_batches(items: Sequence[Item], size: int, run: Callable[[Sequence[Item]], Result]) -> Iterator[Result]:
    """Yield `run` of the items `size` at a time; when the device's memory runs out, go on with half as many.

    Raises:
        EngineError: not even one item fits.
    """
    start = 0
    while start < len(items):
        batch = items[start : start + size]
        try:
            result = run(batch)
        except Exception as error:
            if type(error).__name__ != "OutOfMemoryError":
                raise
            if len(batch) == 1:
                fix = "Free the device's memory, or use smaller images or the CPU"
                raise EngineError("The device's memory does not hold a single image or prompt", fix=fix) from error
            _free_memory()
            size = max(1, len(batch) // 2)
            continue
        yield result
        start += len(batch)


def _free_memory() -> None:
    import torch

    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def open_device(name: str | None) -> "torch.device":
    import torch

    if name is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise EngineUnavailable(f"There is no device {name!r}", fix="Use cpu, cuda or cuda:1") from error
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        why = f"this machine has {torch.cuda.device_count()} CUDA devices"
        raise EngineUnavailable(f"There is no device {name!r}", why=why, fix="Use cpu")
    return device


def best_dtype(device: "torch.device", folder: Path) -> "torch.dtype":
    """Return half precision where the hardware computes in it: bfloat16 from Ampere on, float16 before."""
    import torch

    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.get_device_capability(device)[0] >= 8 else torch.float16
    # With matrix tiles (AMX) a CPU is eight times as fast in bfloat16, without them slower.
    return torch.bfloat16 if device.type == "cpu" and _is_large(folder) and _has_amx() else torch.float32


def limit_threads(device: "torch.device", folder: Path) -> None:
    """Give a small network one of torch's threads on a CPU: more meet hundreds of times for each image.

    Where another program wants one of the cores, every meeting waits, spinning, for the thread that is held up.
    Whoever reads and stores the images has the other cores.
    """
    import torch

    if device.type == "cpu" and not _is_large(folder):
        torch.set_num_threads(1)


def _is_large(folder: Path) -> bool:
    return sum(file.stat().st_size for file in folder.glob("*.safetensors")) > 1 << 30


def _has_amx() -> bool:
    cpuinfo = Path("/proc/cpuinfo")
    return cpuinfo.exists() and "amx_bf16" in cpuinfo.read_text()


def batch_sizes(device: "torch.device") -> tuple[int, int]:
    """Return how many images and prompts to take at once: as measured for 16, 24 and 80 GB; halved when too many."""
    import torch

    if device.type != "cuda":
        return 1, 16
    gigabytes = torch.cuda.get_device_properties(device).total_memory / 1e9
    return (16, 64) if gigabytes > 60 else (4, 16) if gigabytes > 20 else (1, 8)


def describe(device: "torch.device", dtype: "torch.dtype") -> str:
    import torch

    if device.type != "cuda":
        return device.type
    return f"{device} ({torch.cuda.get_device_name(device)}, {str(dtype).removeprefix('torch.')})"
