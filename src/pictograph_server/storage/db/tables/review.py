"""Reviews: who looks at which image, what they decided, and how far models and annotations disagree."""

from sqlalchemy import BigInteger, Column, Float, ForeignKey, Index, Integer, String, Table, Text, text

from pictograph_server.storage.db.types import Json, UtcDateTime

from .columns import dataset_column, id_column, metadata, organization_column, partial_index

# What a review knows of an image beyond the image; a verdict takes the row away. Most images in review have none.
review_items = Table(
    "review_items",
    metadata,
    Column("image_id", String(36), ForeignKey("images.id", ondelete="CASCADE"), primary_key=True),
    Column("dataset_id", String(36), nullable=False),
    # Whose it is to look at: a person or a key. `images` has the id too, always the same.
    Column("assignee_id", String(36)),
    Column("assignee_name", String(320)),
    # Who has it on the screen, until when, and the version of the annotations that they saw first.
    Column("held_by", String(36)),
    Column("held_by_name", String(320)),
    Column("held_until", UtcDateTime),
    Column("held_version", Integer),
    # 0 when what it was measured against says the same, 1 when nothing agrees.
    Column("disagreement", Float),
    Index("ix_review_items_assignee", "dataset_id", "assignee_id", "image_id"),
    partial_index(
        "ix_review_items_disagreement",
        ("dataset_id", "disagreement", "image_id"),
        sqlite_where="disagreement IS NOT NULL",
        postgres_where="disagreement IS NOT NULL",
    ),
    partial_index(
        "ix_review_items_disagreement_of",
        ("dataset_id", "assignee_id", "disagreement", "image_id"),
        sqlite_where="disagreement IS NOT NULL",
        postgres_where="disagreement IS NOT NULL",
    ),
    partial_index(
        "ix_review_items_held",
        ("dataset_id", "held_by"),
        sqlite_where="held_by IS NOT NULL",
        postgres_where="held_by IS NOT NULL",
    ),
    sqlite_with_rowid=False,
)

review_verdicts = Table(
    "review_verdicts",
    metadata,
    id_column(),
    organization_column(),
    dataset_column(),
    Column("image_id", String(36), ForeignKey("images.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("reviewer_id", String(36), nullable=False),
    Column("reviewer_name", String(320), nullable=False),
    # accepted, fixed, rejected
    Column("verdict", String(16), nullable=False),
    Column("note", Text),
    # Versions of the image's annotations: what the reviewer was shown, and what they left.
    Column("version_before", Integer, nullable=False),
    Column("version_after", Integer, nullable=False),
    # What an undo brings back: the status with who set it, and the row of `review_items`.
    Column("before", Json, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("undone_at", UtcDateTime),
    Index("ix_review_verdicts_newest", "dataset_id", "id"),
    Index("ix_review_verdicts_reviewer", "dataset_id", "reviewer_id", "id"),
)

# Verdicts that stand, counted: progress is read without looking at a million of them.
review_tallies = Table(
    "review_tallies",
    metadata,
    Column("dataset_id", String(36), ForeignKey("datasets.id", ondelete="CASCADE"), primary_key=True),
    # In UTC: 2026-01-31.
    Column("day", String(10), primary_key=True),
    Column("reviewer_id", String(36), primary_key=True),
    Column("verdict", String(16), primary_key=True),
    Column("reviewer_name", String(320), nullable=False),
    Column("image_count", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# Jobs that measure how far each image's annotations are from what a model or another source says.
review_scorings = Table(
    "review_scorings",
    metadata,
    id_column(),  # also the id of the job that runs it
    organization_column(),
    dataset_column(index=True),
    # One of the two: a model that is asked anew, or a source of labels as comparisons know them.
    Column("model_id", String(36)),
    Column("source", String(300)),
    # What people call it.
    Column("against", String(300), nullable=False),
    Column("confidence", Float),
    Column("status_filter", String(20), nullable=False),
    # pending, running, completed, failed, cancelled
    Column("status", String(16), nullable=False),
    Column("images_total", Integer, nullable=False, server_default=text("0")),
    Column("images_done", Integer, nullable=False, server_default=text("0")),
    # Of those, what could not be measured: the source has not looked at it, or its file cannot be read.
    Column("images_skipped", Integer, nullable=False, server_default=text("0")),
    Column("error_message", Text),
    Column("created_by", String(36), nullable=False),
    Column("created_by_name", String(320), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("completed_at", UtcDateTime),
)
