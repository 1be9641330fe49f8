"""Datasets, their classes, and changes to many of their images or annotations."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from pictograph_server.storage.db.types import Json, UtcDateTime

from .columns import dataset_column, id_column, metadata, organization_column, partial_index

datasets = Table(
    "datasets",
    metadata,
    id_column(),
    organization_column(),
    Column("name", String(200), nullable=False),
    Column("description", Text),
    Column("annotation_types", Json, nullable=False),
    # Images a batch job processed wait for a person (`review`) instead of becoming `complete` (R5).
    Column("review_required", Boolean, nullable=False, server_default=text("false")),
    # Counters kept in the transactions that change them; counting a million rows takes a third of a second.
    Column("image_count", BigInteger, nullable=False, server_default=text("0")),
    Column("completed_image_count", BigInteger, nullable=False, server_default=text("0")),
    Column("archived_image_count", BigInteger, nullable=False, server_default=text("0")),
    Column("total_size_bytes", BigInteger, nullable=False, server_default=text("0")),
    # The number of its newest version: those of deleted ones are not given again.
    Column("last_version", Integer, nullable=False, server_default=text("0")),
    # Set from the request that deletes it until a job has taken its rows away: nobody finds it meanwhile.
    Column("deleted_at", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    UniqueConstraint("organization_id", "name"),
)

dataset_classes = Table(
    "dataset_classes",
    metadata,
    Column("dataset_id", String(36), ForeignKey("datasets.id", ondelete="CASCADE"), primary_key=True),
    Column("name", String(120), primary_key=True),
    Column("position", Integer, nullable=False),
    # The geometry as on the wire: bbox, polygon, tag … Free text: stored data holds other words too.
    Column("type", String(40)),
    Column("color", String(40)),
    # What the annotator is asked for instead of the name (R6): each finds the class.
    Column("prompts", Json, nullable=False),
)

# A change to more images than a request changes by itself: a folder moved, the trash emptied.
bulk_changes = Table(
    "bulk_changes",
    metadata,
    id_column(),  # also the id of the job that does it
    organization_column(),
    dataset_column(index=True),
    # move_folder, archive_folder, delete_folder, restore, empty_trash; of what matches a filter: set_status and others
    Column("kind", String(24), nullable=False),
    # Folder, target, and what happens where a name is taken; or a filter and what is done with what matches.
    Column("request", Json, nullable=False),
    # Behind which image it goes on; null before the first and after the last.
    Column("position", Json),
    Column("status", String(16), nullable=False),
    Column("total", Integer, nullable=False),
    Column("processed", Integer, nullable=False, server_default=text("0")),
    Column("failed_count", Integer, nullable=False, server_default=text("0")),
    # The first of those that were left alone, with the reason.
    Column("failed", Json, nullable=False),
    Column("error_message", Text),
    Column("created_at", UtcDateTime, nullable=False),
    Column("completed_at", UtcDateTime),
)

# A class renamed, merged or deleted. Until it is completed what is read is changed on the way out, and so nobody sees
# a half (services/annotations/class_changes.py).
class_changes = Table(
    "class_changes",
    metadata,
    id_column(),  # also the id of the job that writes it into the images
    organization_column(),
    dataset_column(index=True),
    # rename, merge, delete
    Column("kind", String(16), nullable=False),
    Column("class_names", Json, nullable=False),
    # What they are called from now on; null where their annotations are deleted.
    Column("target", String(120)),
    # pending, completed, failed
    Column("status", String(16), nullable=False),
    Column("images_changed", Integer, nullable=False, server_default=text("0")),
    Column("annotations_changed", Integer, nullable=False, server_default=text("0")),
    Column("error_message", Text),
    Column("created_by", String(36), nullable=False),
    Column("created_by_name", String(320), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("completed_at", UtcDateTime),
    partial_index(
        "ix_class_changes_pending",
        ("dataset_id", "created_at"),
        sqlite_where="status = 'pending'",
        postgres_where="status = 'pending'",
    ),
)

# What was measured of a dataset last, for charts. While a job measures it again the figures of before stay.
dataset_statistics = Table(
    "dataset_statistics",
    metadata,
    Column("dataset_id", String(36), ForeignKey("datasets.id", ondelete="CASCADE"), primary_key=True),
    organization_column(),
    # computing, ready, failed
    Column("status", String(16), nullable=False),
    Column("job_id", String(36), index=True),
    # Of the counts that are kept (`image_tallies`, `class_tallies`) when it was measured.
    Column("fingerprint", String(64)),
    Column("computed_at", UtcDateTime),
    Column("error_message", Text),
    Column("document", Json),
)

# Which images are in the cells of those figures' grids, the first ones of each: apart, for a page loads the figures.
statistics_cells = Table(
    "statistics_cells",
    metadata,
    Column("dataset_id", String(36), ForeignKey("datasets.id", ondelete="CASCADE"), primary_key=True),
    # centers, sizes
    Column("grid", String(16), primary_key=True),
    # Empty: of all classes together.
    Column("class_name", String(120), primary_key=True),
    organization_column(),
    # As `services/statistics/cells.py` packs them.
    Column("image_ids", LargeBinary, nullable=False),
)
