"""Every table of the platform, a module for each noun.

Rows that belong to somebody carry `organization_id`, also where a join could find it: repositories filter by it in
every query, so a foreign id is simply not found. Deleting a dataset cascades to everything made from it.
"""

from .accounts import account_links, account_sessions, sign_in_failures
from .annotations import annotation_versions, annotations
from .auto_annotation import batch_images, batch_jobs, batch_shards, proposals
from .columns import metadata
from .credits import credit_balances, credit_holds, ledger_postings, ledger_transactions
from .datasets import bulk_changes, class_changes, dataset_classes, dataset_statistics, datasets, statistics_cells
from .exports import exports
from .images import class_tallies, image_descriptors, image_labels, image_tallies, images, uploads
from .imports import connector_import_datasets, connector_imports, connector_key_requests, import_parts, imports
from .jobs import job_checkpoints, job_events, jobs
from .models import model_evaluations, models
from .organizations import api_keys, audit_entries, invites, members, organizations, users
from .pipelines import pipeline_runs
from .requests import idempotency_keys
from .review import review_items, review_scorings, review_tallies, review_verdicts
from .training import training_epochs, training_runs, training_splits
from .versions import version_images, version_restores, versions
from .videos import video_extractions, videos

__all__ = [
    "account_links",
    "account_sessions",
    "annotation_versions",
    "annotations",
    "api_keys",
    "audit_entries",
    "batch_images",
    "batch_jobs",
    "batch_shards",
    "bulk_changes",
    "class_changes",
    "class_tallies",
    "connector_import_datasets",
    "connector_imports",
    "connector_key_requests",
    "credit_balances",
    "credit_holds",
    "dataset_classes",
    "dataset_statistics",
    "datasets",
    "exports",
    "idempotency_keys",
    "image_descriptors",
    "image_labels",
    "image_tallies",
    "images",
    "import_parts",
    "imports",
    "invites",
    "job_checkpoints",
    "job_events",
    "jobs",
    "ledger_postings",
    "ledger_transactions",
    "members",
    "metadata",
    "model_evaluations",
    "models",
    "organizations",
    "pipeline_runs",
    "proposals",
    "review_items",
    "review_scorings",
    "review_tallies",
    "review_verdicts",
    "sign_in_failures",
    "statistics_cells",
    "training_epochs",
    "training_runs",
    "training_splits",
    "uploads",
    "users",
    "version_images",
    "version_restores",
    "versions",
    "video_extractions",
    "videos",
]
