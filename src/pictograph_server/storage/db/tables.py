"""Every table of the platform, in the order of the services that own them.

Rows that belong to somebody carry `organization_id`, also where a join could find it: repositories filter by it in
every query, so a foreign id is simply not found. Deleting a dataset cascades to everything made from it.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    event,
    text,
)

from .types import Json, UtcDateTime

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _id() -> Column[str]:
    return Column("id", String(36), primary_key=True)


def _organization() -> Column[str]:
    return Column(
        "organization_id", String(36), ForeignKey("organizations.id", ondelete="CASCADE"), nullable=False, index=True
    )


def _dataset(*, index: bool = False) -> Column[str]:
    return Column("dataset_id", String(36), ForeignKey("datasets.id", ondelete="CASCADE"), nullable=False, index=index)


def _path(length: int) -> String:
    """Return the type of names that are sorted and cut by prefix: by their bytes on Postgres too, as on SQLite."""
    return String(length).with_variant(String(length, collation="C"), "postgresql")


def _partial_index(
    name: str, columns: tuple[str, ...], *, unique: bool = False, sqlite_where: str, postgres_where: str
) -> Index:
    """Return an index of the rows that fulfil a condition, which each database writes its way."""
    # `info` tells Alembic, which writes migrations for both databases on SQLite (migrations/env.py).
    info = {"postgresql_where": postgres_where}
    index = Index(name, *columns, unique=unique, sqlite_where=text(sqlite_where), info=info)

    # Said when it is created: the keyword postgresql_where would load Postgres' dialect and its drivers at once, a
    # twentieth of what a server on SQLite loads to start.
    def tell_postgres(index: Index, connection: Connection, **_: object) -> None:
        if connection.dialect.name == "postgresql":
            index.dialect_options["postgresql"]["where"] = text(postgres_where)

    event.listen(index, "before_create", tell_postgres)
    return index


# --- organisations -------------------------------------------------------------------------------------------------

organizations = Table(
    "organizations",
    metadata,
    _id(),
    Column("name", String(120), nullable=False),
    Column("slug", String(120), nullable=False, unique=True),
    Column("max_users", Integer, nullable=False),
    Column("max_images", BigInteger, nullable=False),
    Column("max_storage_bytes", BigInteger, nullable=False),
    # When set, operations cost nothing but still leave their line in the ledger.
    Column("is_free_of_charge", Boolean, nullable=False, server_default=text("false")),
    Column("credits_monthly_allowance", BigInteger, nullable=False),
    Column("credits_reset_at", UtcDateTime, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)

users = Table(
    "users",
    metadata,
    _id(),
    # In lower case. Null for the owner made at the first start, until they set one.
    Column("email", String(320), unique=True),
    Column("full_name", String(200)),
    # Argon2id with its parameters and salt; null while the person comes in by links only.
    Column("password_hash", String(200)),
    Column("created_at", UtcDateTime, nullable=False),
)

members = Table(
    "members",
    metadata,
    _id(),
    _organization(),
    Column("user_id", String(36), ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("role", String(16), nullable=False),
    Column("joined_at", UtcDateTime, nullable=False),
    UniqueConstraint("organization_id", "user_id"),
)

# A person who signed in, in one browser; `organization_id` is the organisation they look at.
account_sessions = Table(
    "account_sessions",
    metadata,
    _id(),
    _organization(),
    Column("user_id", String(36), ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("token_sha256", String(64), nullable=False, unique=True),
    Column("address", String(64), nullable=False),
    Column("user_agent", String(400), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("last_used_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
)

# Links that work once: to sign in (`login`), or to set a new password (`password`).
account_links = Table(
    "account_links",
    metadata,
    _id(),
    Column("user_id", String(36), ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("purpose", String(16), nullable=False),
    Column("token_sha256", String(64), nullable=False, unique=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
)

# Failed guesses at a password, counted for an account and for an address; see services/accounts/guesses.py.
sign_in_failures = Table(
    "sign_in_failures",
    metadata,
    Column("subject", String(80), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", UtcDateTime, nullable=False, index=True),
)

api_keys = Table(
    "api_keys",
    metadata,
    _id(),
    _organization(),
    Column("name", String(100), nullable=False),
    Column("key_prefix", String(12), nullable=False),
    Column("key_sha256", String(64), nullable=False, unique=True),
    Column("role", String(16), nullable=False),
    Column("rate_limit", Integer, nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("last_used_at", UtcDateTime),
    Column("expires_at", UtcDateTime),
    # Id of the key or person that made it; the keys of a person who leaves are switched off.
    Column("created_by", String(36)),
    Column("created_at", UtcDateTime, nullable=False),
)

invites = Table(
    "invites",
    metadata,
    _id(),
    _organization(),
    Column("email", String(320), nullable=False),
    Column("role", String(16), nullable=False),
    # pending, accepted, revoked, expired; a pending one past its time counts as expired before it is written down.
    Column("status", String(16), nullable=False),
    # Whoever has the link may accept: like a key, it is kept as a hash.
    Column("token_sha256", String(64), nullable=False, unique=True),
    Column("invited_by", String(36)),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    _partial_index(
        "uq_invites_pending",
        ("organization_id", "email"),
        unique=True,
        sqlite_where="status = 'pending'",
        postgres_where="status = 'pending'",
    ),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("organization_id", String(36), primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("method", String(8), primary_key=True),
    Column("path", String(1024), primary_key=True),
    Column("body_sha256", String(64), nullable=False),
    # Null while the first execution is still running.
    Column("status_code", Integer),
    Column("content_type", String(100)),
    Column("body", LargeBinary),
    Column("created_at", UtcDateTime, nullable=False, index=True),
    # A runner that died leaves the key claimed; past this moment somebody else may execute.
    Column("claimed_until", UtcDateTime, nullable=False),
)

# Who did what: written in the transaction that does it, never changed.
audit_entries = Table(
    "audit_entries",
    metadata,
    _id(),
    _organization(),
    # `key`, `person` or `operator`, and the id and the name they had then: the entry outlives them.
    Column("actor_kind", String(16), nullable=False),
    Column("actor_id", String(36), nullable=False),
    Column("actor_name", String(320), nullable=False),
    # A noun and what happened to it: `member.removed`, `dataset.deleted`.
    Column("action", String(60), nullable=False),
    # The id of what it was done to, and its name for people.
    Column("subject_id", String(36), nullable=False),
    Column("subject_name", String(400), nullable=False),
    Column("details", Json, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    # Ids sort by the time they were made.
    Index("ix_audit_entries_newest", "organization_id", "id"),
    # A rare action, or all that happened to one thing, among millions of others.
    Index("ix_audit_entries_action", "organization_id", "action", "id"),
    Index("ix_audit_entries_subject", "organization_id", "subject_id", "id"),
)

# --- credits: append-only double entry (R12) -----------------------------------------------------------------------

ledger_transactions = Table(
    "ledger_transactions",
    metadata,
    _id(),
    _organization(),
    # grant, hold, capture, release, charge. People see all but captures, which move nothing they could spend.
    Column("kind", String(16), nullable=False),
    Column("operation", String(80), nullable=False),
    Column("description", String(500)),
    Column("metadata", Json, nullable=False),
    # What makes a charge happen once: `hold:<job>`, `capture:<job>:<step>`, `release:<job>`.
    Column("unique_key", String(200), nullable=False, unique=True),
    # The organisation's available credits right after; what a person sees as `balance_after`.
    Column("available_after", BigInteger, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Index("ix_ledger_transactions_newest", "organization_id", "created_at", "id"),
)

ledger_postings = Table(
    "ledger_postings",
    metadata,
    _id(),
    Column(
        "transaction_id",
        String(36),
        ForeignKey("ledger_transactions.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    _organization(),
    # granted (negative: where credits come from), available, held, spent. They sum to zero in every transaction.
    Column("account", String(16), nullable=False),
    Column("amount", BigInteger, nullable=False),
)

credit_balances = Table(
    "credit_balances",
    metadata,
    Column("organization_id", String(36), ForeignKey("organizations.id", ondelete="CASCADE"), primary_key=True),
    Column("account", String(16), primary_key=True),
    Column("balance", BigInteger, nullable=False),
)

credit_holds = Table(
    "credit_holds",
    metadata,
    _id(),
    _organization(),
    Column("job_id", String(36), nullable=False, unique=True),
    Column("operation", String(80), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("captured", BigInteger, nullable=False, server_default=text("0")),
    Column("released_at", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
)

# --- datasets, images, annotations -----------------------------------------------------------------------------------

datasets = Table(
    "datasets",
    metadata,
    _id(),
    _organization(),
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

images = Table(
    "images",
    metadata,
    _id(),
    _organization(),
    _dataset(),
    Column("filename", _path(400), nullable=False),
    # "/" or "/a/b": leading slash, none at the end.
    Column("folder_path", _path(1000), nullable=False),
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
    _partial_index(
        "ix_images_least_confident",
        ("dataset_id", "is_archived", "least_confidence", "id"),
        sqlite_where="least_confidence IS NOT NULL",
        postgres_where="least_confidence IS NOT NULL",
    ),
    # Archived images by name: several may have had the same one.
    _partial_index(
        "ix_images_archived_name",
        ("dataset_id", "folder_path", "filename", "id"),
        sqlite_where="is_archived = 1",
        postgres_where="is_archived",
    ),
    Index("ix_images_sha256", "sha256"),
    _partial_index(
        "uq_images_name",
        ("dataset_id", "folder_path", "filename"),
        unique=True,
        sqlite_where="is_archived = 0",
        postgres_where="NOT is_archived",
    ),
    # What the ingest job has still to see.
    _partial_index(
        "ix_images_not_ingested",
        ("dataset_id", "id"),
        sqlite_where="ingested_at IS NULL",
        postgres_where="ingested_at IS NULL",
    ),
    # Names alone, for requests that know no folder.
    Index("ix_images_filename", "dataset_id", "filename"),
)

# A change to more images than a request changes by itself: a folder moved, the trash emptied.
bulk_changes = Table(
    "bulk_changes",
    metadata,
    _id(),  # also the id of the job that does it
    _organization(),
    _dataset(index=True),
    # move_folder, archive_folder, delete_folder, restore, empty_trash
    Column("kind", String(24), nullable=False),
    # Folder, target, and what happens where a name is taken.
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

uploads = Table(
    "uploads",
    metadata,
    _id(),
    _organization(),
    _dataset(index=True),
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

annotations = Table(
    "annotations",
    metadata,
    Column("image_id", String(36), ForeignKey("images.id", ondelete="CASCADE"), primary_key=True),
    _organization(),
    # The wire's list, as saved: order, ids and numbers come back exactly.
    Column("document", Json, nullable=False),
    # annotation id -> who or what made it, when, with which prompt, threshold and confidence (R11).
    Column("provenance", Json, nullable=False),
    # Who made this state, as provenance names them and as people know them, and what it was where it was no plain save.
    Column("saved_by", String(400)),
    Column("saved_by_name", String(400)),
    Column("note", Text),
    Column("updated_at", UtcDateTime, nullable=False),
)

# What saves replaced: the row of `annotations` as it was, under the image's `annotation_version` of then.
annotation_versions = Table(
    "annotation_versions",
    metadata,
    Column("image_id", String(36), ForeignKey("images.id", ondelete="CASCADE"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("document", Json, nullable=False),
    Column("provenance", Json, nullable=False),
    Column("saved_by", String(400)),
    Column("saved_by_name", String(400)),
    Column("note", Text),
    Column("saved_at", UtcDateTime, nullable=False),
)

# A class renamed, merged or deleted. Until it is completed what is read is changed on the way out, and so nobody sees
# a half (services/annotations/class_changes.py).
class_changes = Table(
    "class_changes",
    metadata,
    _id(),  # also the id of the job that writes it into the images
    _organization(),
    _dataset(index=True),
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
    _partial_index(
        "ix_class_changes_pending",
        ("dataset_id", "created_at"),
        sqlite_where="status = 'pending'",
        postgres_where="status = 'pending'",
    ),
)

# --- versions: a dataset frozen ------------------------------------------------------------------------------------

versions = Table(
    "versions",
    metadata,
    _id(),  # also the id of the job that freezes it, unless an export does
    _organization(),
    _dataset(),
    # 1, 2, 3 … within the dataset, never used again.
    Column("number", Integer, nullable=False),
    Column("name", String(100)),
    Column("description", Text),
    # freezing, ready, failed, deleted (until a job has taken away what it alone holds)
    Column("status", String(16), nullable=False),
    # The export that freezes it, where it was not asked for by itself.
    Column("export_id", String(36), index=True),
    Column("status_filter", String(20)),
    # SHA-256 of the manifest, which names the chunks: equal contents are stored once.
    Column("content_sha256", String(64)),
    Column("image_count", Integer, nullable=False, server_default=text("0")),
    Column("annotation_count", Integer, nullable=False, server_default=text("0")),
    Column("size_bytes", BigInteger, nullable=False, server_default=text("0")),
    # Class name -> [annotations, images that have one].
    Column("class_counts", Json, nullable=False),
    Column("progress", Integer, nullable=False, server_default=text("0")),
    Column("error_message", Text),
    Column("created_by", String(36)),
    Column("created_by_name", String(320)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("completed_at", UtcDateTime),
    UniqueConstraint("dataset_id", "number"),
    UniqueConstraint("dataset_id", "name"),
    Index("ix_versions_newest", "organization_id", "created_at", "id"),
)

# Contents of images that some version of the dataset holds: their bytes stay when the images are deleted.
version_images = Table(
    "version_images",
    metadata,
    Column("dataset_id", String(36), ForeignKey("datasets.id", ondelete="CASCADE"), primary_key=True),
    Column("sha256", String(64), primary_key=True, index=True),
)

version_restores = Table(
    "version_restores",
    metadata,
    _id(),  # also the id of the job that does it
    _organization(),
    # The dataset that is made.
    _dataset(index=True),
    Column("version_id", String(36), ForeignKey("versions.id", ondelete="SET NULL"), index=True),
    # pending, running, completed, failed, cancelled
    Column("status", String(16), nullable=False),
    Column("images_total", Integer, nullable=False),
    Column("images_done", Integer, nullable=False, server_default=text("0")),
    Column("error_message", Text),
    Column("created_at", UtcDateTime, nullable=False),
    Column("completed_at", UtcDateTime),
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
    _dataset(index=True),
    Column("descriptor", LargeBinary, nullable=False),
)

# --- models, exports, auto-annotation, training ----------------------------------------------------------------------

models = Table(
    "models",
    metadata,
    _id(),
    _organization(),
    Column("dataset_id", String(36), ForeignKey("datasets.id", ondelete="SET NULL"), index=True),
    Column("training_run_id", String(36)),
    Column("name", String(200), nullable=False),
    Column("description", Text),
    Column("model_type", String(40), nullable=False),
    Column("architecture", String(80)),
    Column("visibility", String(16), nullable=False),
    Column("status", String(16), nullable=False),
    Column("metrics", Json),
    # "0" -> class name, in the order the network answers.
    Column("class_mapping", Json),
    Column("version", String(40), nullable=False),
    Column("parent_model_id", String(36)),
    # The version of the dataset that it was trained on; see `versions`, which it may outlive.
    Column("dataset_version_id", String(36), index=True),
    Column("dataset_version", Integer),
    # The model card (R14) and where its files are: file name -> blob key.
    Column("card", Json, nullable=False),
    Column("files", Json, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Index("ix_models_newest", "organization_id", "created_at", "id"),
)

exports = Table(
    "exports",
    metadata,
    _id(),
    _organization(),
    _dataset(),
    Column("job_id", String(36)),
    Column("name", String(100), nullable=False),
    Column("format", String(20), nullable=False),
    Column("include_images", Boolean, nullable=False),
    Column("class_filter", Json),
    Column("status_filter", String(20)),
    # The version of the dataset that went in; see `versions`, which it may outlive.
    Column("dataset_version_id", String(36), index=True),
    Column("dataset_version", Integer),
    Column("status", String(16), nullable=False),
    Column("error_message", Text),
    Column("blob_key", String(200)),
    Column("file_size_bytes", BigInteger),
    Column("image_count", Integer),
    Column("annotation_count", Integer),
    # What the format could not express, counted (R10).
    Column("report", Json),
    Column("expires_at", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("dataset_id", "name"),
    Index("ix_exports_newest", "organization_id", "created_at", "id"),
)

batch_jobs = Table(
    "batch_jobs",
    metadata,
    _id(),  # the wire's `job_id`; the jobs of the queue that do its shards have ids of their own
    _organization(),
    _dataset(index=True),
    Column("status", String(16), nullable=False),
    Column("total_images", Integer, nullable=False),
    Column("processed_images", Integer, nullable=False, server_default=text("0")),
    Column("failed_images", Integer, nullable=False, server_default=text("0")),
    Column("annotations_added", Integer, nullable=False, server_default=text("0")),
    Column("estimated_credits", Integer, nullable=False),
    # What was asked for: classes with prompts and output types, thresholds, top_k, model.
    Column("request", Json, nullable=False),
    # The engine and checkpoint that answered, known once the job has loaded it.
    Column("engine", String(200)),
    # [[seconds since the epoch, images settled by then], …] of the last minute at work.
    Column("pace", Json, nullable=False),
    Column("error_message", Text),
    Column("created_at", UtcDateTime, nullable=False),
    Column("started_at", UtcDateTime),
    Column("completed_at", UtcDateTime),
)

# The shards of a batch that have not ended: a row leaves with its job, the last one takes the batch to its end.
batch_shards = Table(
    "batch_shards",
    metadata,
    Column("job_id", String(36), primary_key=True),
    Column("batch_id", String(36), ForeignKey("batch_jobs.id", ondelete="CASCADE"), nullable=False, index=True),
    # Positions of its images; the end is not among them.
    Column("first_position", Integer, nullable=False),
    Column("end_position", Integer, nullable=False),
)

batch_images = Table(
    "batch_images",
    metadata,
    Column("batch_id", String(36), ForeignKey("batch_jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("image_id", String(36), ForeignKey("images.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, nullable=False),
    # pending, done, failed
    Column("state", String(16), nullable=False),
    Column("annotations_added", Integer, nullable=False, server_default=text("0")),
    Column("reason", Text),
    Index("ix_batch_images_pending", "batch_id", "state", "position"),
    # Deleting an image looks for what refers to it.
    Index("ix_batch_images_image_id", "image_id"),
)

# What a batch with the destination "proposals" found: to be measured, the dataset is left as it is.
proposals = Table(
    "proposals",
    metadata,
    Column("batch_id", String(36), ForeignKey("batch_jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("image_id", String(36), ForeignKey("images.id", ondelete="CASCADE"), primary_key=True, index=True),
    # The wire's list of annotations; [] for an image that was searched and shows nothing.
    Column("document", Json, nullable=False),
    # Class name -> confidence of what was asked for as a tag and is there.
    Column("tags", Json, nullable=False),
)

training_runs = Table(
    "training_runs",
    metadata,
    _id(),  # also the id of the job that runs it
    _organization(),
    _dataset(index=True),
    Column("export_id", String(36)),
    # The version of the dataset that it learns from; see `versions`, which it may outlive.
    Column("dataset_version_id", String(36), index=True),
    Column("dataset_version", Integer),
    Column("model_id", String(36)),
    # The model that it goes on from.
    Column("parent_model_id", String(36)),
    Column("name", String(100), nullable=False),
    Column("pipeline_type", String(40), nullable=False),
    Column("gpu_type", String(16)),
    Column("status", String(16), nullable=False),
    Column("progress", Integer, nullable=False, server_default=text("0")),
    Column("current_epoch", Integer, nullable=False, server_default=text("0")),
    Column("total_epochs", Integer),
    Column("metrics", Json, nullable=False),
    Column("config", Json, nullable=False),
    # What the run really used, in words: "cpu (2 threads)", "NVIDIA A10G".
    Column("device", String(120)),
    # The weights at the start, in words; random ones when there are none.
    Column("started_from", String(200)),
    # What a person should know of the data: classes dropped, nothing held back.
    Column("remarks", Json, nullable=False),
    Column("eta_seconds", Integer),
    # Spent on epochs, over all attempts: what the run is charged for.
    Column("training_seconds", Float),
    Column("error_message", Text),
    Column("created_by", String(36)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("started_at", UtcDateTime),
    Column("completed_at", UtcDateTime),
    Index("ix_training_runs_newest", "organization_id", "created_at", "id"),
)

training_epochs = Table(
    "training_epochs",
    metadata,
    Column("run_id", String(36), ForeignKey("training_runs.id", ondelete="CASCADE"), primary_key=True),
    Column("epoch", Integer, primary_key=True, autoincrement=False),
    # Losses, figures of the val split where it was measured, learning rate, images a second.
    Column("metrics", Json, nullable=False),
    Column("eta_seconds", Integer),
    Column("seconds", Float, nullable=False),
    Column("reported_at", UtcDateTime, nullable=False),
)

# One row a run: read whole or not at all, and apart from the run because it may hold 100,000 ids.
training_splits = Table(
    "training_splits",
    metadata,
    Column("run_id", String(36), ForeignKey("training_runs.id", ondelete="CASCADE"), primary_key=True),
    # Split -> ids of its images; split -> class -> annotations.
    Column("images", Json, nullable=False),
    Column("objects", Json, nullable=False),
)

model_evaluations = Table(
    "model_evaluations",
    metadata,
    _id(),  # also the id of the job that does it
    _organization(),
    Column("model_id", String(36), ForeignKey("models.id", ondelete="CASCADE"), nullable=False),
    _dataset(index=True),
    # train, val, test, all; null for the images that the model has not learned from.
    Column("split", String(8)),
    Column("status_filter", String(20), nullable=False),
    Column("status", String(16), nullable=False),
    Column("progress", Integer, nullable=False, server_default=text("0")),
    Column("error_message", Text),
    # Every figure, once it is completed.
    Column("result", Json),
    Column("created_by", String(36)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("completed_at", UtcDateTime),
    Index("ix_model_evaluations_newest", "model_id", "created_at", "id"),
)

# A folder or archive on its way into a dataset: parts arrive, a plan is made of them, then they are imported.
imports = Table(
    "imports",
    metadata,
    _id(),
    _organization(),
    # None until it starts where the dataset is to be made, and once the dataset is deleted.
    Column("dataset_id", String(36), ForeignKey("datasets.id", ondelete="SET NULL"), index=True),
    Column("dataset_name", String(200), nullable=False),
    Column("filename", String(400), nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("part_bytes", Integer, nullable=False),
    # What the client knows its files by: an upload that was cut short goes on under the same one.
    Column("fingerprint", String(64), nullable=False),
    # The merge rule and the like, as asked for.
    Column("options", Json, nullable=False),
    # uploading, planning, planned, importing, completed, failed, cancelled
    Column("status", String(16), nullable=False),
    # The job that makes the plan, then the one that imports.
    Column("job_id", String(36), index=True),
    Column("progress", Integer, nullable=False, server_default=text("0")),
    # Images settled: the next attempt goes on behind them.
    Column("position", Integer, nullable=False, server_default=text("0")),
    Column("plan", Json),
    Column("result", Json),
    Column("error_message", Text),
    # Who imports, as provenance names them (R11).
    Column("maker", String(60), nullable=False),
    Column("maker_name", String(320), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("completed_at", UtcDateTime),
    Index("ix_imports_newest", "organization_id", "created_at", "id"),
)

import_parts = Table(
    "import_parts",
    metadata,
    Column("import_id", String(36), ForeignKey("imports.id", ondelete="CASCADE"), primary_key=True),
    # From 0.
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("size_bytes", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
)

# --- videos and connectors -------------------------------------------------------------------------------------------

# A video on its way to becoming images: its bytes lie under `videos/` until they are extracted or expire.
videos = Table(
    "videos",
    metadata,
    _id(),
    _organization(),
    Column("filename", String(400), nullable=False),
    # Set when the bytes have arrived.
    Column("received_at", UtcDateTime),
    Column("size_bytes", BigInteger),
    # What a look at the arrived bytes told: the wire's facts, or the reason why it is no video.
    Column("facts", Json),
    Column("refusal", Text),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
    Column("created_at", UtcDateTime, nullable=False),
)

video_extractions = Table(
    "video_extractions",
    metadata,
    _id(),  # also the id of the job that does it
    _organization(),
    _dataset(index=True),
    # No key: the video goes, its extraction stays.
    Column("video_id", String(36), nullable=False, index=True),
    Column("video_filename", String(400), nullable=False),
    Column("folder_path", String(1000), nullable=False),
    Column("sample_fps", Float, nullable=False),
    Column("start_seconds", Float, nullable=False),
    Column("end_seconds", Float),
    Column("keep_video", Boolean, nullable=False),
    # processing, complete, failed
    Column("status", String(16), nullable=False),
    Column("progress", Integer, nullable=False, server_default=text("0")),
    Column("frames_extracted", Integer, nullable=False, server_default=text("0")),
    Column("total_frames", Integer, nullable=False),
    Column("error_message", Text),
    Column("created_at", UtcDateTime, nullable=False),
    Column("completed_at", UtcDateTime),
)

# Imports from other services. Their API keys are in no table: see services/connectors/keyring.py.
connector_imports = Table(
    "connector_imports",
    metadata,
    _id(),  # also the id of the job that does it
    _organization(),
    Column("provider", String(20), nullable=False),
    # processing, completed, error, cancelled
    Column("status", String(16), nullable=False),
    # Name of the dataset it is at.
    Column("current_dataset", String(200), nullable=False, server_default=text("''")),
    Column("error_message", Text),
    # Who imports, as provenance names them (R11), and their role and name.
    Column("actor", Json, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("completed_at", UtcDateTime),
)

connector_import_datasets = Table(
    "connector_import_datasets",
    metadata,
    Column("import_id", String(36), ForeignKey("connector_imports.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    # The other service's id, name and address of it, and the version asked for.
    Column("remote_id", String(200), nullable=False),
    Column("remote_name", String(400), nullable=False),
    Column("remote_slug", String(400), nullable=False),
    Column("version", Integer),
    # No key: the progress of an import still names a dataset that was deleted since.
    Column("dataset_id", String(36), nullable=False, index=True),
    Column("dataset_name", String(200), nullable=False),
    # pending, processing, completed, error
    Column("status", String(16), nullable=False),
    Column("total", Integer, nullable=False, server_default=text("0")),
    Column("imported", Integer, nullable=False, server_default=text("0")),
    # Of the imported ones, those that were there before.
    Column("skipped", Integer, nullable=False, server_default=text("0")),
    Column("failed", Integer, nullable=False, server_default=text("0")),
    # Why, for the first of those that failed: name -> reason.
    Column("failures", Json, nullable=False),
    Column("error_message", Text),
)

# A job asks the server that was given an API key to seal it for this one process (services/connectors/keyring.py).
connector_key_requests = Table(
    "connector_key_requests",
    metadata,
    Column("import_id", String(36), ForeignKey("connector_imports.id", ondelete="CASCADE"), primary_key=True),
    # The job's half of the exchange; who can read the table can do nothing with it.
    Column("question", LargeBinary, nullable=False),
    Column("answer", LargeBinary),
    Column("created_at", UtcDateTime, nullable=False),
)

# --- jobs ------------------------------------------------------------------------------------------------------------

jobs = Table(
    "jobs",
    metadata,
    _id(),
    Column("organization_id", String(36), ForeignKey("organizations.id", ondelete="CASCADE"), nullable=False),
    # The task function's name (`export`, `train` …) and the lane whose slots it takes.
    Column("task", String(60), nullable=False),
    Column("lane", String(20), nullable=False),
    Column("payload", Json, nullable=False),
    # queued, running, succeeded, failed, cancelled
    Column("state", String(16), nullable=False),
    Column("attempt", Integer, nullable=False, server_default=text("0")),
    Column("max_attempts", Integer, nullable=False),
    # Attempts in a row that got no further, by how they ended: the task raised, its process died, its worker vanished.
    Column("failures", Integer, nullable=False, server_default=text("0")),
    Column("deaths", Integer, nullable=False, server_default=text("0")),
    Column("losses", Integer, nullable=False, server_default=text("0")),
    # Grows with every claim. A runner that holds an older one has lost the job and may write nothing more.
    Column("fence", Integer, nullable=False, server_default=text("0")),
    Column("worker", String(120)),
    # Database clock, seconds since the epoch: hosts of a fleet need not agree on the time.
    Column("lease_expires_at", Float),
    Column("run_after", Float, nullable=False),
    Column("cancel_requested", Boolean, nullable=False, server_default=text("false")),
    Column("progress", Float, nullable=False, server_default=text("0")),
    Column("message", Text),
    Column("error", Text),
    Column("created_at", UtcDateTime, nullable=False),
    Column("started_at", UtcDateTime),
    Column("finished_at", UtcDateTime),
    Index("ix_jobs_claim", "state", "lane", "run_after"),
    Index("ix_jobs_organization", "organization_id", "lane", "started_at"),
)

job_checkpoints = Table(
    "job_checkpoints",
    metadata,
    Column("job_id", String(36), ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("name", String(200), primary_key=True),
    Column("value", Json),
    Column("fence", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

job_events = Table(
    "job_events",
    metadata,
    Column("job_id", String(36), ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("kind", String(40), nullable=False),
    Column("data", Json, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)
