"""Which annotators there are, and opening the one that is to be used."""

import importlib
import pkgutil
from pathlib import Path

import pictograph_server.engines.annotators as package
from pictograph_server.engines.annotators import availability, sam3, trained
from pictograph_server.engines.annotators.base import Annotator, AnnotatorSpec
from pictograph_server.engines.annotators.checkpoints import folders, weights
from pictograph_server.engines.annotators.checkpoints.catalogue import SAM3


def open_annotator(choice: str = "auto", device: str | None = None, *, compile_vision: bool = False) -> Annotator:
    """Open an annotator: `auto`, a name of the registry, a checkpoint folder, or the hub id of a SAM 3 checkpoint.

    `auto` is the best that can be used here (`availability.find`); its `name` says which, and when it is the packaged
    checkpoint for drawn road signs, its refusals say why no better one was used. A folder may hold SAM 3, another
    annotator's networks, or a model that was trained here (`model.onnx`).

    Args:
        compile_vision: compile the vision encoder of SAM 3 (`sam3.load`); other networks run as they are.
    Raises:
        EngineUnavailable: the one asked for cannot run here; says why and what to do.
    """
    found = availability.find(choice)
    if found.why_narrow is not None:
        return sam3.load(str(weights.TINY_FOLDER), device, why_narrow=found.why_narrow)
    specs = annotator_specs()
    if found.choice == "sam3":
        return sam3.load(None, device, compile_vision=compile_vision)
    if found.choice in specs:
        return specs[found.choice].load(None, device)
    if not weights.is_path(found.choice):
        return sam3.load(found.choice, device, compile_vision=compile_vision)
    return _open_folder(Path(found.choice).expanduser(), device, compile_vision)


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


def _open_folder(folder: Path, device: str | None, compile_vision: bool) -> Annotator:
    name = folders.annotator_in(folder)
    if name == folders.TRAINED:
        return trained.load(folder, device)
    if name == "sam3":
        return sam3.load(str(folders.networks_in(folder).get(SAM3, folder)), device, compile_vision=compile_vision)
    return annotator_specs()[name].load(str(folder), device)
