"""What this machine has for networks to compute with: processor, memory, graphics cards."""

import os
import platform
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Gpu:
    name: str
    memory_bytes: int
    # What annotators compute in on it.
    dtype: str


@dataclass(frozen=True, slots=True)
class Machine:
    """The processor and its cards. Without torch the cards are not known: there are none to compute with."""

    cpu: str
    cores: int
    memory_bytes: int | None
    # Matrix tiles: large networks are eight times as fast with them.
    has_amx: bool
    gpus: tuple[Gpu, ...]
    # None when it is not installed.
    torch_version: str | None


def look_at_machine() -> Machine:
    """Return what there is. Imports torch where it is installed, which takes seconds."""
    cpuinfo = _read("/proc/cpuinfo")
    models = [line.partition(":")[2].strip() for line in cpuinfo.splitlines() if line.startswith("model name")]
    version, gpus = _torch()
    return Machine(
        cpu=models[0] if models else platform.processor() or platform.machine(),
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        memory_bytes=_memory_bytes(),
        has_amx="amx_bf16" in cpuinfo,
        gpus=gpus,
        torch_version=version,
    )


def _torch() -> tuple[str | None, tuple[Gpu, ...]]:
    try:
        import torch
    except ImportError:
        return None, ()
    gpus: list[Gpu] = []
    for index in range(torch.cuda.device_count() if torch.cuda.is_available() else 0):
        card = torch.cuda.get_device_properties(index)
        # Ampere and later compute in bfloat16 (`annotators/devices.py`).
        gpus.append(Gpu(card.name, card.total_memory, "bfloat16" if card.major >= 8 else "float16"))
    return str(torch.__version__), tuple(gpus)


def _memory_bytes() -> int | None:
    for line in _read("/proc/meminfo").splitlines():
        if line.startswith("MemTotal:"):
            return int(line.split()[1]) * 1024
    return None


def _read(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""
