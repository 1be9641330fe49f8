"""Whole jobs: upload a folder, label it, train, or all of it at once."""

from dataclasses import fields
from typing import Annotated, Any, Literal

from pydantic import Field

from pictograph.agents.descriptor import describe
from pictograph.client import Client
from pictograph.models.training import GpuType, PipelineType
from pictograph.workflows import (
    AnnotateReport,
    PipelineReport,
    UploadReport,
)
from pictograph.workflows import (
    auto_annotate_dataset as annotate_dataset,
)
from pictograph.workflows import (
    full_pipeline as run_pipeline,
)
from pictograph.workflows import (
    train_pipeline as run_training,
)
from pictograph.workflows import (
    upload_dataset_from_folder as upload_folder,
)

DatasetName = Annotated[str, Field(description="Name of the dataset.")]
Folder = Annotated[str, Field(description="Path of a folder on this machine; ~ is the home folder.")]
Classes = Annotated[
    list[dict[str, str]],
    Field(
        min_length=1,
        description="What to look for: objects with name and, optionally, output_type (polygon, bbox or tag).",
    ),
]
PipelineName = Annotated[PipelineType, Field(description="What to train.")]
Gpu = Annotated[GpuType, Field(description="Kind of accelerator; the server uses what it has.")]


def upload_dataset_from_folder(
    client: Client,
    dataset_name: DatasetName,
    folder: Folder,
    organize_by_class: Annotated[bool, Field(description="Sub-folders become folders of the dataset.")] = True,
    max_workers: Annotated[int, Field(ge=1, le=32, description="Uploads at the same time.")] = 8,
    skip_existing: Annotated[bool, Field(description="Images that are there count as skipped, not failed.")] = True,
) -> dict[str, Any]:
    """Use to bring a folder of images into a dataset, which is made if there is none.

    Images that are there already are skipped, so it can be called again after a failure. Failed files are listed with
    the reason.
    """
    report = upload_folder(
        client,
        dataset_name,
        folder,
        organize_by_class=organize_by_class,
        max_workers=max_workers,
        skip_existing=skip_existing,
    )
    return _report(report)


def auto_annotate_dataset(
    client: Client,
    dataset_name: DatasetName,
    classes: Classes,
    mode: Annotated[
        Literal["batch", "text"], Field(description="batch: one durable job; text: image by image.")
    ] = "batch",
    confidence_threshold: Annotated[float, Field(ge=0.0, le=1.0, description="What is surer than this is kept.")] = 0.5,
    overwrite: Annotated[bool, Field(description="Also images that have annotations.")] = False,
    max_images: Annotated[int | None, Field(ge=1, description="At most so many images.")] = None,
) -> dict[str, Any]:
    """Use to label the images of a dataset from class names with SAM 3.

    Images with annotations are left alone unless overwrite is set. It costs credits: look at get_credit_balance first.
    """
    report = annotate_dataset(
        client,
        dataset_name,
        classes,
        mode=mode,
        confidence_threshold=confidence_threshold,
        overwrite=overwrite,
        max_images=max_images,
    )
    return _report(report)


def train_pipeline(
    client: Client,
    dataset_name: DatasetName,
    pipeline: PipelineName,
    gpu: Gpu = "a10g",
    name: Annotated[str | None, Field(description="Name of the run; made up when it is left out.")] = None,
    config: Annotated[
        dict[str, Any] | None, Field(description="Settings of the pipeline, such as epochs or image_size.")
    ] = None,
    wait: Annotated[bool, Field(description="Return when the run has ended, with its model.")] = True,
) -> dict[str, Any]:
    """Use to train a model on the complete images of a dataset.

    It exports them and starts a run, which takes minutes to hours and costs credits by the minute. With wait=false it
    returns at once: follow the run with get_training_status.
    """
    run, model = run_training(client, dataset_name, pipeline=pipeline, gpu=gpu, name=name, config=config, wait=wait)
    return {"training_run": run, "model": model}


def full_pipeline(
    client: Client,
    dataset_name: DatasetName,
    folder: Folder,
    classes: Classes,
    pipeline: PipelineName,
    gpu: Gpu = "a10g",
    annotate: Annotated[bool, Field(description="Label the images.")] = True,
    train: Annotated[bool, Field(description="Train on them.")] = True,
) -> dict[str, Any]:
    """Use to go from a folder of images to a trained model in one call: upload, label, train.

    Calling it again continues where it stopped. The report has one part for each phase; a phase that was not reached
    is null, and credit_skip_reason says when credits were too few.
    """
    report = run_pipeline(
        client,
        dataset_name=dataset_name,
        folder=folder,
        classes=classes,
        pipeline=pipeline,
        gpu=gpu,
        annotate=annotate,
        train=train,
    )
    whole = _report(report)
    whole["upload"] = _report(report.upload)
    whole["annotate"] = None if report.annotate is None else _report(report.annotate)
    return whole


def _report(report: UploadReport | AnnotateReport | PipelineReport) -> dict[str, Any]:
    """Return a report field by field, and whether it is a success."""
    return {each.name: getattr(report, each.name) for each in fields(report)} | {"success": report.success}


TOOLS = (
    describe(upload_dataset_from_folder, "member"),
    describe(auto_annotate_dataset, "member", credit_cost=10),
    describe(train_pipeline, "member", credit_cost=100),
    describe(full_pipeline, "member", credit_cost=110),
)
