"""What a run starts from: random weights, the library's published ones, or a file."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx2

from pictograph_server.engines.downloads import (
    Damaged,
    OnBytes,
    OutOfReach,
    RemoteFile,
    describe,
    describe_on_hub,
    fetch,
    is_offline,
    sha256_of,
)
from pictograph_server.engines.errors import EngineUnavailable
from pictograph_server.engines.trainers.base import Run, TrainingConfig

if TYPE_CHECKING:
    from torch import Tensor, nn

# Longest time to find out that weights cannot be had.
_PATIENCE_S = 4.5
_SAY_EVERY_S = 3.0
# In the run's folder: what `auto` came to, so that a run that goes on does not choose anew.
_CHOICE = "weights-chosen"
_WHY_NONE = "Its makers published none for this network."
_WHY_NOT_ON_CPU = "On a CPU that is the default; weights='pretrained' takes the published ones."
_HUB = re.compile(r"hf://(?P<repository>[^/@]+/[^/@]+)(@(?P<revision>[^/]+))?/(?P<file>.+)")


@dataclass(frozen=True, slots=True)
class Published:
    """Weights that a library's makers publish.

    `url` is a web address, or `hf://owner/name@revision/file` for a file of the hub (`@revision` may be left out).
    """

    # For people: "YOLOX-nano, COCO".
    name: str
    url: str
    license: str
    sha256: str | None = None

    @property
    def filename(self) -> str:
        """Return the name under which the file is looked for and kept: `yolox-nano-coco.pth`."""
        suffix = PurePosixPath(urlsplit(self.url).path).suffix
        return re.sub(r"[^a-z0-9._]+", "-", self.name.lower()).strip("-") + suffix


def starting_weights(config: TrainingConfig, published: Published | None, run: Run, *, on_gpu: bool) -> Path | None:
    """Return the file a run starts from, fetched when need be; None for random weights.

    A relative path of the settings is looked for in the run's folder first. What `auto` comes to is said.

    Raises:
        EngineUnavailable: the weights were asked for and cannot be had, with what to do.
        Cancelled: while they came.
    """
    if isinstance(config.weights, Path):
        return _given(config.weights, run)
    if config.weights == "auto" and (published is None or not on_gpu):
        run.say(f"Starting from random weights. {_WHY_NONE if published is None else _WHY_NOT_ON_CPU}")
        return None
    if config.weights == "scratch":
        return None
    if published is None:
        raise EngineUnavailable(
            "There are no published weights for this network",
            why="its makers published none for this size",
            fix="Choose another `model_type`, or weights='scratch'",
        )
    if config.weights == "pretrained":
        return _published(published, run)
    return _automatic(published, run)


def _given(path: Path, run: Run) -> Path:
    for place in (run.workdir / path, path):
        if place.is_file():
            return place
    raise EngineUnavailable(
        f"There are no weights at {path.name!r}", why="no such file on the machine that trains", fix="Check `weights`"
    )


def _automatic(published: Published, run: Run) -> Path | None:
    choice = run.workdir / _CHOICE
    if choice.is_file():
        return None if choice.read_text() == "scratch" else _published(published, run)
    try:
        found = _published(published, run)
    except EngineUnavailable as problem:
        run.say(f"Starting from random weights, which takes longer to learn. {problem}")
        choice.write_text("scratch")
        return None
    choice.write_text("pretrained")
    return found


def _published(published: Published, run: Run) -> Path:
    """Return the published file: from a folder where it lies already, else fetched into the last of them."""
    folders = tuple(run.weights_folders) or (run.workdir / "weights",)
    for folder in folders:
        file = folder / published.filename
        if file.is_file():
            if published.sha256 is not None and sha256_of(file) != published.sha256:
                raise _unavailable(published, f"{published.filename} on this machine is not the published file")
            return file
    cached = _in_hub_cache(published)
    if cached is not None:
        # The card tells the file's name, and there it is `model.safetensors` for every network.
        named = run.workdir / published.filename
        named.unlink(missing_ok=True)
        named.symlink_to(cached)
        return named
    target = folders[-1] / published.filename
    try:
        remote = _ask(published)
        run.say(f"Fetching {published.name} ({_megabytes(remote.size_bytes)}; {published.license}).")
        fetch(remote, target, on_bytes=_progress(published, run))
    except OutOfReach as problem:
        raise _unavailable(published, str(problem)) from problem
    except Damaged as problem:
        raise _unavailable(published, "what arrived is not what was published") from problem
    except OSError as problem:
        raise _unavailable(published, f"they cannot be stored ({problem.strerror})") from problem
    except httpx2.HTTPError as problem:
        raise _unavailable(published, f"the download broke off ({type(problem).__name__})") from problem
    return target


def _ask(published: Published) -> RemoteFile:
    if is_offline():
        raise OutOfReach("offline mode is switched on, HF_HUB_OFFLINE")
    on_hub = _HUB.fullmatch(published.url)
    if on_hub is None:
        return describe(published.url, sha256=published.sha256, patience_s=_PATIENCE_S)
    return describe_on_hub(
        on_hub["repository"],
        on_hub["file"],
        revision=on_hub["revision"] or "main",
        sha256=published.sha256,
        patience_s=_PATIENCE_S,
    )


def _in_hub_cache(published: Published) -> Path | None:
    on_hub = _HUB.fullmatch(published.url)
    if on_hub is None:
        return None
    try:
        from huggingface_hub import try_to_load_from_cache
    except ImportError:
        return None
    found = try_to_load_from_cache(on_hub["repository"], on_hub["file"], revision=on_hub["revision"])
    return Path(found).resolve() if isinstance(found, str) else None


def _progress(published: Published, run: Run) -> OnBytes:
    said_at = time.monotonic()

    def on_bytes(here: int, size: int) -> None:
        nonlocal said_at
        run.raise_if_cancelled()
        if here < size and time.monotonic() - said_at >= _SAY_EVERY_S:
            said_at = time.monotonic()
            run.say(f"Fetching {published.name}: {100 * here // size} % of {_megabytes(size)}.")

    return on_bytes


def _unavailable(published: Published, why: str) -> EngineUnavailable:
    return EngineUnavailable(
        f"The weights {published.name!r} cannot be had",
        why=why,
        fix=f"Fetch {_address(published)} elsewhere and put it into the folder of PICTOGRAPH_WEIGHTS_DIR as "
        f"{published.filename}, or train with weights='scratch'",
    )


def _address(published: Published) -> str:
    on_hub = _HUB.fullmatch(published.url)
    return f"{on_hub['file']} of {on_hub['repository']} on the hub" if on_hub is not None else published.url


def _megabytes(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:.1f} MB"


def fill(network: nn.Module, saved: Mapping[str, Tensor], *, name: str) -> str:
    """Fill a network with weights; layers of another shape (a head for other classes) stay as they are.

    Returns:
        What was taken, in words for `run.say`.
    Raises:
        EngineUnavailable: they fit nowhere.
    """
    own = network.state_dict()
    fitting = {key: value for key, value in saved.items() if key in own and own[key].shape == value.shape}
    if not fitting:
        raise EngineUnavailable(
            f"The weights {name!r} fit nowhere in this network",
            why="they belong to another architecture or size",
            fix="Choose the settings they were made with",
        )
    network.load_state_dict(fitting, strict=False)
    fresh = [key for key in own if key not in fitting]
    words = f"Started from {name}: {len(fitting)} of {len(own)} layers fit"
    return f"{words}; fresh ones, as for other classes: {_shortened(fresh)}." if fresh else f"{words}."


def _shortened(names: list[str]) -> str:
    rest = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + rest
