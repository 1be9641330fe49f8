"""What a network can use of a machine: the device, its number format, how much at once."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pictograph_server.engines.errors import EngineError, EngineUnavailable

if TYPE_CHECKING:
    import torch

Item = TypeVar("Item")
Result = TypeVar("Result")


class FittingBatches:
    """Runs work on several things at once, and on fewer from the day that the device's memory runs out."""

    def __init__(self, size: int) -> None:
        self.size = size

    def run(self, items: Sequence[Item], work: Callable[[Sequence[Item]], Result]) -> Iterator[Result]:
        """Yield what `work` returns for the items, `size` at a time; when memory runs out, go on with half as many.

        Raises:
            EngineError: not even one item fits.
        """
        start = 0
        while start < len(items):
            batch = items[start : start + self.size]
            try:
                result = work(batch)
            except (RuntimeError, MemoryError) as error:
                if not _is_out_of_memory(error):
                    raise
                if len(batch) == 1:
                    fix = "Free the device's memory, or use smaller images or the CPU"
                    raise EngineError("The device's memory does not hold a single image or prompt", fix=fix) from error
                self.size = len(batch) // 2
            else:
                yield result
                start += len(batch)
                continue
            # Here, because the error holds on to what the failed work had made.
            _free_memory()


def _is_out_of_memory(error: Exception) -> bool:
    # On a CPU torch raises a plain RuntimeError, and so do the libraries under it on a GPU.
    words = ("DefaultCPUAllocator", "CUBLAS_STATUS_ALLOC_FAILED", "CUDNN_STATUS_ALLOC_FAILED")
    is_named_so = type(error).__name__ == "OutOfMemoryError"
    return is_named_so or isinstance(error, MemoryError) or any(word in str(error) for word in words)


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
    """Return half precision where the hardware computes in it, else single precision."""
    import torch

    if device.type == "cuda":
        return gpu_dtype(torch.cuda.get_device_capability(device))
    # With matrix tiles (AMX) a CPU is eight times as fast in bfloat16, without them slower.
    return torch.bfloat16 if device.type == "cpu" and _is_large(folder) and _has_amx() else torch.float32


def gpu_dtype(compute_capability: tuple[int, int]) -> "torch.dtype":
    """Return the half precision of a GPU: a T4 has capability 7.5, an A10G 8.6, an H100 9.0."""
    import torch

    return torch.bfloat16 if compute_capability[0] >= 8 else torch.float16


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


def batch_sizes(device: "torch.device", folder: Path) -> tuple[int, int]:
    """Return how many images and prompts to take at once: as computed for 16, 24 and 80 GB; halved when too many."""
    import torch

    if device.type != "cuda":
        # The published checkpoint takes seconds for a prompt here: several at once gain nothing, and take memory.
        return 1, 2 if _is_large(folder) else 16
    gigabytes = torch.cuda.get_device_properties(device).total_memory / 1e9
    return (16, 64) if gigabytes > 60 else (4, 16) if gigabytes > 20 else (1, 8)


def remembered_bytes(device: "torch.device") -> int:
    """Return how much memory embeddings of images may take: a tenth of a GPU's; on a CPU enough for one or two.

    One of the published checkpoint takes 70 MB in half precision, 140 MB in single.
    """
    import torch

    if device.type != "cuda":
        return 320 << 20
    return torch.cuda.get_device_properties(device).total_memory // 10


def describe(device: "torch.device", dtype: "torch.dtype") -> str:
    import torch

    if device.type != "cuda":
        return device.type
    return f"{device} ({torch.cuda.get_device_name(device)}, {str(dtype).removeprefix('torch.')})"
