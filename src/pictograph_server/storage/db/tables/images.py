"""Images, their way in, and what they are found by."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    text,
)

from pictograph_server.storage.db.types import Json, UtcDateTime

from .columns import dataset_column, id_column, metadata, organization_column, partial_index, path_type

# Said so that no other index knows the columns: without statistics SQLite takes the one with the most columns equal to
# something, which is that of the statuses.
IN_REVIEW_SQLITE = "status || '' = 'review' AND NOT is_archived"

images = Table(
    "images",
    metadata,
    id_column(),
    organization_column(),
    dataset_column(),
    Column("filename", path_type(400), nullable=False),
    # "/" or "/a/b": leading slash, none at the end.
    Column("folder_path", path_type(1000), nullable=False),
    # What people call it, where that is not the file's name; need not be unique.
    Column("display_name", String(400)),
    Column("status", String(16), nullable=False),
    # `person` or `job`; a person's `review` or `complete` is never downgraded (R5).
    Column("status_set_by", String(16)),
    Column("annotation_count", Integer, nullable=False, server_default=text("0")),
    # Grows by one with every save; a save based on an older one is refused (R11).
    Column("annotation_version", Integer, nullable=False, server_default=text("0")),
    # Of its annotations; null where there are none.
    Column("least_confidence", Float),
    # Whose it is to review, as `review_items` has it: here too, so that a queue finds what is nobody's.
    Column("review_assignee_id", String(36)),
    Column("file_size_bytes", BigInteger, nullable=False),
    # Display-oriented: after the EXIF orientation is applied (R10).
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("mime_type", String(60), nullable=False),
    Column("sha256", String(64), nullable=False),
    # 64-bit difference hash as 16 hex digits, from the ingest job: near copies share a split.
    Column("dhash", String(16)),
    Column("has_thumbnail", Boolean, nullable=False, server_default=text("false")),
    # When the ingest job has seen the image, and why it could not read it if it could not.
    Column("ingested_at", UtcDateTime),
    Column("ingest_error", Text),
    Column("auto_tags", Json, nullable=False),
    Column("is_archived", Boolean, nullable=False, server_default=text("false")),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    # Ids sort by the time they were made, so pages by age, whatever else they filter by, go along one of these.
    Index("ix_images_newest", "dataset_id", "is_archived", "id"),
    Index("ix_images_status", "dataset_id", "is_archived", "status", "id"),
    Index("ix_images_folder", "dataset_id", "is_archived", "folder_path", "id"),
    partial_index(
        "ix_images_least_confident",
        ("dataset_id", "is_archived", "least_confidence", "id"),
        sqlite_where="least_confidence IS NOT NULL",
        postgres_where="least_confidence IS NOT NULL",
    ),
    # The queue of a review, the least confident first.
    partial_index(
        "ix_images_in_review",
        ("dataset_id", "least_confidence", "id"),
        sqlite_where="status = 'review' AND is_archived = 0",
        postgres_where="status = 'review' AND NOT is_archived",
    ),
    # The same of one person, and of nobody: the least confident first, and the oldest.
    partial_index(
        "ix_images_review_of",
        ("dataset_id", "review_assignee_id", "least_confidence", "id"),
        sqlite_where=IN_REVIEW_SQLITE,
        postgres_where="status = 'review' AND NOT is_archived",
    ),
    partial_index(
        "ix_images_review_of_oldest",
        ("dataset_id", "review_assignee_id", "id"),
        sqlite_where=IN_REVIEW_SQLITE,
        postgres_where="status = 'review' AND NOT is_archived",
    ),
    # Archived images by name: several may have had the same one.
    partial_index(
        "ix_images_archived_name",
        ("dataset_id", "folder_path", "filename", "id"),
        sqlite_where="is_archived = 1",
        postgres_where="is_archived",
    ),
    Index("ix_images_sha256", "sha256"),
    partial_index(
        "uq_images_name",
        ("dataset_id", "folder_path", "filename"),
        unique=True,
        sqlite_where="is_archived = 0",
        postgres_where="NOT is_archived",
    ),
    # What the ingest job has still to see.
    partial_index(
        "ix_images_not_ingested",
        ("dataset_id", "id"),
        sqlite_where="ingested_at IS NULL",
        postgres_where="ingested_at IS NULL",
    ),
    # Names alone, for requests that know no folder.
    Index("ix_images_filename", "dataset_id", "filename"),
)

uploads = Table(
    "uploads",
    metadata,
    id_column(),
    organization_column(),
    dataset_column(index=True),
    Column("filename", String(400), nullable=False),
    Column("folder_path", String(1000), nullable=False),
    Column("content_type", String(60), nullable=False),
    # Set when the bytes have arrived in the staging area.
    Column("received_at", UtcDateTime),
    Column("size_bytes", BigInteger),
    Column("sha256", String(64)),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
    Column("created_at", UtcDateTime, nullable=False),
)

# Which classes an image shows, and who says so: kept in the transaction of every change of annotations and tags.
image_labels = Table(
    "image_labels",
    metadata,
    Column("dataset_id", String(36), primary_key=True),
    Column("class_name", String(120), primary_key=True),
    Column("image_id", String(36), ForeignKey("images.id", ondelete="CASCADE"), primary_key=True, index=True),
    # `people`, an engine (`sam3`), a model (`model:<id>`), or for tags `tag:objects`, `tag:scenes`, `tag:attributes`.
    Column("source", String(60), primary_key=True),
    # Null for tags, which may have no confidence either.
    Column("annotation_count", Integer),
    Column("least_confidence", Float),
    # In the order of its key: a filter by class reads one stretch of it.
    sqlite_with_rowid=False,
)

# Images of a dataset counted by where they are and how they stand; rows may fall to zero.
image_tallies = Table(
    "image_tallies",
    metadata,
    Column("dataset_id", String(36), ForeignKey("datasets.id", ondelete="CASCADE"), primary_key=True),
    Column("folder_path", String(1000), primary_key=True),
    Column("is_archived", Boolean, primary_key=True),
    Column("status", String(16), primary_key=True),
    Column("image_count", BigInteger, nullable=False),
    # How often the count changed. It never falls, so that the sum over a dataset tells one state from every other.
    Column("changes", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# What `image_labels` says of the images that are not archived, counted.
class_tallies = Table(
    "class_tallies",
    metadata,
    Column("dataset_id", String(36), ForeignKey("datasets.id", ondelete="CASCADE"), primary_key=True),
    Column("class_name", String(120), primary_key=True),
    Column("image_count", BigInteger, nullable=False),
    Column("annotation_count", BigInteger, nullable=False),
    Column("tagged_count", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# What an image looks like, in some two hundred bytes, from the ingest job (services/images/descriptor.py).
image_descriptors = Table(
    "image_descriptors",
    metadata,
    Column("image_id", String(36), ForeignKey("images.id", ondelete="CASCADE"), primary_key=True),
    dataset_column(index=True),
    Column("descriptor", LargeBinary, nullable=False),
)
