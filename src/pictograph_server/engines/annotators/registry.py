"""Which annotators there are, and opening the one a platform is to use."""

import importlib
import pkgutil

import pictograph_server.engines.annotators as package
from pictograph_server.engines.annotators import sam3, weights
from pictograph_server.engines.annotators.base import Annotator, AnnotatorSpec
from pictograph_server.engines.errors import EngineUnavailable


def open_annotator(choice: str = "auto", device: str | None = None) -> Annotator:
    """Open an annotator: `auto`, a name of the registry (`sam3`, `tiny`), a checkpoint folder, or a hub id.

    `auto` is SAM 3 where its weights are on this machine or this machine is logged in to the hub, else the packaged
    checkpoint for drawn road signs; its `name` says which, and its refusals say why SAM 3 was not used.

    Raises:
        EngineUnavailable: the one asked for cannot run here; says why and what to do.
    """
    if choice == "auto":
        return _best(device)
    specs = annotator_specs()
    if choice in specs:
        return specs[choice].load(None, device)
    try:
        return sam3.load(choice, device)
    except EngineUnavailable as error:
        if "/" in choice:
            raise
        names = ", ".join(["auto", *specs])
        fix = f"Choose one of {names}, a folder with a SAM 3 checkpoint, or a hub id such as {weights.SAM3}"
        raise EngineUnavailable(f"There is no annotator {choice!r}", why=error.why, fix=fix) from error


def annotator_specs() -> dict[str, AnnotatorSpec]:
    """Return the annotators by name: the `ANNOTATORS` of every module in this folder."""
    modules = (importlib.import_module(f"{package.__name__}.{found.name}") for found in _modules())
    specs: tuple[AnnotatorSpec, ...] = sum((getattr(module, "ANNOTATORS", ()) for module in modules), ())
    return {spec.name: spec for spec in specs}


def _modules() -> list[pkgutil.ModuleInfo]:
    # `*_network` modules are the ones that import torch.
    return [
        m for m in pkgutil.iter_modules(package.__path__) if m.name != "registry" and not m.name.endswith("_network")
    ]


def _best(device: str | None) -> Annotator:
    try:
        # Without a login the hub would refuse anyway: nothing is sent.
        folder = weights.locate(weights.SAM3, may_download=weights.is_logged_in())
    except EngineUnavailable as error:
        return sam3.load(str(weights.TINY_FOLDER), device, why_narrow=f"{error.what}: {error.why}")
    annotator = sam3.load(str(folder), device)
    annotator.name = f"sam3@{weights.SAM3}"
    return annotator
