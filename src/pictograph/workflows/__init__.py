"""Whole jobs in one call: upload a folder, annotate it, train on it, or all three."""

from pictograph.workflows.annotate import AnnotateReport, AnnotationFailure, auto_annotate_dataset
from pictograph.workflows.pipeline import PipelineReport, full_pipeline
from pictograph.workflows.progress import Progress
from pictograph.workflows.train import train_pipeline
from pictograph.workflows.upload import UploadFailure, UploadReport, upload_dataset_from_folder

__all__ = [
    "AnnotateReport",
    "AnnotationFailure",
    "PipelineReport",
    "Progress",
    "UploadFailure",
    "UploadReport",
    "auto_annotate_dataset",
    "full_pipeline",
    "train_pipeline",
    "upload_dataset_from_folder",
]
