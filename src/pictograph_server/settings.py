"""What an operator may set. The environment is read here and nowhere else in the server; see docs/configuration.md."""

import json
import os
import secrets
import string
from collections.abc import Iterable
from difflib import get_close_matches
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

ENVIRONMENT_PREFIX = "PICTOGRAPH_"
# The client's share of the environment, which a server's machine may have too.
_OF_THE_CLIENT = frozenset(
    ENVIRONMENT_PREFIX + name for name in ("API_KEY", "BASE_URL", "TIMEOUT", "MAX_RETRIES", "CONNECTOR_KEY")
)
# So much alike, from 0 to 1, are a name and what somebody meant to write.
_LOOKS_LIKE = 0.85
API_KEY_PREFIX = "pk_live_"
_API_KEY_ALPHABET = set(string.ascii_letters + string.digits + "_-")
MEBIBYTE = 1024 * 1024


class _Group(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Limits(_Group):
    """What one request may bring."""

    image_bytes: int = Field(default=100_000_000, ge=1, description="Bytes of one image file.")
    image_pixels: int = Field(default=100_000_000, ge=1, description="Width times height of one image.")
    bundle_bytes: int = Field(default=64 * MEBIBYTE, ge=1, description="Bytes of one bundle of images (tar).")
    import_bytes: int = Field(default=100_000_000_000, ge=1, description="Bytes of one archive to import.")
    import_files: int = Field(default=1_000_000, ge=1, description="Files in one archive to import.")
    video_bytes: int = Field(default=20_000_000_000, ge=1, description="Bytes of one video.")
    json_bytes: int = Field(default=32 * MEBIBYTE, ge=1024, description="Bytes of one JSON or form body.")
    requests_per_hour: int = Field(
        default=1_000_000, ge=1, description="Requests of one API key in a sliding hour, for keys made from now on."
    )


class Credits(_Group):
    """The budget of a new organisation (R12)."""

    monthly_allowance: int = Field(
        default=1_000_000, ge=1, description="Credits an organisation is topped up to each month."
    )
    free_of_charge: bool = Field(
        default=False, description="Organisations made from now on pay 0 for everything; the ledger keeps its lines."
    )


class Prices(_Group):
    """What work costs, in credits (R12). Nominal: a budget to steer by, not money."""

    prompt: int = Field(default=3, ge=0, description="A point, box or text prompt on one image.")
    labelling_base: int = Field(default=3, ge=0, description="Each job that labels images with SAM 3 or its like.")
    labelling_per_100_images: int = Field(default=10, ge=0, description="What such a job costs for its images.")
    model_labelling_base: int = Field(default=2, ge=0, description="Each job that labels with a model trained here.")
    model_labelling_per_100_images: int = Field(default=3, ge=0, description="What such a job costs for its images.")
    training_a10g_per_minute: int = Field(default=5, ge=0, description="Training that asks for `a10g`.")
    training_a100_per_minute: int = Field(default=9, ge=0, description="Training that asks for `a100`.")
    training_h100_per_minute: int = Field(default=18, ge=0, description="Training that asks for `h100`.")


class Accounts(_Group):
    """People who sign in."""

    session_days: int = Field(default=30, ge=1, le=365, description="Days after which a person signs in again.")
    registration: Literal["closed", "open"] = Field(
        default="closed",
        description="`open` lets anybody make an account, with an organisation of its own; `closed` takes an invite.",
    )


class Mail(_Group):
    """Where letters go out: invites and forgotten passwords."""

    server: SecretStr | None = Field(
        default=None, description="`smtp://user:password@host:587` (STARTTLS) or `smtps://…:465`; none sends nothing."
    )
    sender: str = Field(default="Pictograph <pictograph@localhost>", description="The address letters come from.")

    @field_validator("server")
    @classmethod
    def _server(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None or not value.get_secret_value().strip():
            return None
        # The value may hold a password and is not repeated.
        try:
            address = urlsplit(value.get_secret_value().strip())
            is_complete = address.scheme in ("smtp", "smtps") and bool(address.hostname) and address.port != 0
        except ValueError:
            is_complete = False
        if not is_complete:
            raise ValueError("this is no mail server; write smtp://user:password@host:587 or smtps://…:465")
        return value

    @field_validator("sender")
    @classmethod
    def _sender(cls, value: str) -> str:
        if "@" not in value or not value.isprintable():
            raise ValueError(f"{value!r} is no mail address; write pictograph@example.org or Name <address>")
        return value


class Jobs(_Group):
    """How many jobs run at once, in each lane, and how a dead one is noticed."""

    ingest_slots: int = Field(default=1, ge=0, description="Checks, thumbnails and hashes of uploaded images.")
    export_slots: int = Field(default=1, ge=0, description="Exports.")
    import_slots: int = Field(default=1, ge=0, description="Archives brought into datasets, and frames out of videos.")
    annotate_slots: int = Field(default=1, ge=0, description="Batch auto-annotation.")
    train_slots: int = Field(default=1, ge=0, description="Training runs.")
    shard_images: int | None = Field(
        default=None,
        ge=1,
        description="Images of a batch that one job annotates; by default 2,000, more in large ones.",
    )
    lease_s: float = Field(default=30.0, gt=0, description="A job whose runner is silent for so long is taken over.")
    heartbeat_s: float = Field(default=2.5, gt=0, description="How often a runner says that it is alive.")
    grace_s: float = Field(default=3.0, gt=0, description="Time to stop by itself before a cancelled job is killed.")

    @property
    def slots(self) -> dict[str, int]:
        """Return how many jobs of each lane may run at once."""
        return {
            "ingest": self.ingest_slots,
            "export": self.export_slots,
            "import": self.import_slots,
            "annotate": self.annotate_slots,
            "train": self.train_slots,
        }


class Outgoing(_Group):
    """Where the server may fetch from when a request names an address: never from private networks, unless named."""

    allow: str = Field(
        default="",
        description="Private networks that may be fetched from, with commas: `10.1.0.0/16,127.0.0.1/32`.",
    )

    @field_validator("allow")
    @classmethod
    def _networks_only(cls, value: str) -> str:
        for part in filter(None, map(str.strip, value.split(","))):
            ip_network(part)
        return value

    @property
    def networks(self) -> "tuple[IPv4Network | IPv6Network, ...]":
        """Return the private networks that may be fetched from."""
        return tuple(ip_network(part) for part in map(str.strip, self.allow.split(",")) if part)


class Connectors(_Group):
    """The other services that datasets are imported from."""

    v7_url: str = Field(default="https://darwin.v7labs.com/api", description="Where V7 Darwin's API is.")
    roboflow_url: str = Field(default="https://api.roboflow.com", description="Where Roboflow's API is.")

    @field_validator("v7_url", "roboflow_url")
    @classmethod
    def _address(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError(f"{value!r} is no address: begin with http:// or https://")
        return value.rstrip("/")


class Settings(BaseSettings):
    """Every setting has a default that works embedded: one machine, one folder, no other service."""

    model_config = SettingsConfigDict(
        env_prefix=ENVIRONMENT_PREFIX,
        env_nested_delimiter="_",
        env_nested_max_split=1,
        # The client's PICTOGRAPH_API_KEY and PICTOGRAPH_BASE_URL live in the same environment.
        extra="ignore",
        frozen=True,
    )

    data_dir: Path = Field(default=Path("pictograph-data"), description="Folder of the database, blobs and secrets.")
    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    public_url: str | None = Field(
        default=None,
        description="Address at which clients reach the server, for links; by default the one each request used.",
    )
    database_url: str | None = Field(
        default=None, description="SQLAlchemy URL (`postgresql+psycopg://…`); by default SQLite in the data folder."
    )
    blobs_url: str | None = Field(
        default=None, description="`s3://bucket/prefix`, `file:///folder`; by default `blobs` in the data folder."
    )
    executor: Literal["process", "ray"] = Field(default="process", description="What runs the jobs.")
    annotator: str = Field(
        default="auto",
        description="What labels images: `auto`, `sam3`, `grounded-sam2`, `owlv2`, `tiny`, or a checkpoint folder.",
    )
    device: str | None = Field(
        default=None, description="Device of the engines (`cpu`, `cuda`, `cuda:1`); by default the best there is."
    )
    weights_dir: Path | None = Field(
        default=None,
        description="Folder where published weights for training lie; what is missing there is fetched.",
    )
    compile: bool = Field(
        default=False,
        description="Compile SAM 3's vision encoder: a minute for the first image, a little less for each after it.",
    )
    warm_start: bool = Field(
        default=False, description="Load the annotator when the server starts, so that the first prompt need not wait."
    )
    annotator_address: str | None = Field(
        default=None,
        description="Socket of a running annotator process for jobs to use; by default the server's or worker's own.",
    )
    bootstrap_api_key: SecretStr | None = Field(
        default=None, description="An owner key to set up at start, for scripts and containers."
    )
    signing_secret: SecretStr | None = Field(
        default=None, description="Signs links; by default a random one kept in the data folder. Same on every host."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="How much is logged.")
    access_log: bool = Field(default=False, description="Log a JSON line for every request.")
    crash_at: str | None = Field(
        default=None,
        description="Testing aid: the checkpoint at which a job's process kills itself; see docs/concepts/jobs.md.",
    )
    limits: Limits = Field(default_factory=Limits)
    credits: Credits = Field(default_factory=Credits)
    prices: Prices = Field(default_factory=Prices)
    jobs: Jobs = Field(default_factory=Jobs)
    outgoing: Outgoing = Field(default_factory=Outgoing)
    connectors: Connectors = Field(default_factory=Connectors)
    accounts: Accounts = Field(default_factory=Accounts)
    mail: Mail = Field(default_factory=Mail)

    @field_validator("public_url")
    @classmethod
    def _public_url(cls, value: str | None) -> str | None:
        if value is None or not value.strip():
            return None
        if not value.startswith(("http://", "https://")):
            raise ValueError(f"{value!r} is no address: begin with http:// or https://")
        return value.strip().rstrip("/")

    @field_validator("bootstrap_api_key")
    @classmethod
    def _bootstrap_api_key(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None or not value.get_secret_value():
            return None
        secret = value.get_secret_value().removeprefix(API_KEY_PREFIX)
        is_key = value.get_secret_value().startswith(API_KEY_PREFIX) and len(secret) >= 32
        if not is_key or not set(secret) <= _API_KEY_ALPHABET:
            raise ValueError(
                f"an API key is {API_KEY_PREFIX} and at least 32 letters or digits; "
                f"for example {API_KEY_PREFIX}$(python3 -c 'import secrets; print(secrets.token_hex(24))')"
            )
        return value

    @field_validator("signing_secret")
    @classmethod
    def _signing_secret(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None or not value.get_secret_value():
            return None
        if len(value.get_secret_value()) < 32:
            raise ValueError("a signing secret has at least 32 characters")
        return value

    @model_validator(mode="after")
    def _heartbeat_within_lease(self) -> Self:
        if self.jobs.heartbeat_s * 2 > self.jobs.lease_s:
            raise ValueError(
                f"jobs.heartbeat_s ({self.jobs.heartbeat_s:g}) must be at most half of "
                f"jobs.lease_s ({self.jobs.lease_s:g}): one lost beat must not lose the job"
            )
        return self

    @model_validator(mode="after")
    def _letters_have_an_address(self) -> Self:
        # The address of a request would not do: who asks for somebody else's letter could name a host of their own.
        if self.mail.server is not None and self.public_url is None:
            raise ValueError("PICTOGRAPH_MAIL_SERVER needs PICTOGRAPH_PUBLIC_URL: letters have links in them")
        return self

    @property
    def effective_database_url(self) -> str:
        return self.database_url or f"sqlite:///{self.data_dir.absolute() / 'pictograph.sqlite'}"

    @property
    def effective_blobs_url(self) -> str:
        return self.blobs_url or f"file://{self.data_dir.absolute() / 'blobs'}"

    @property
    def effective_public_url(self) -> str:
        """Return the address for links made where no request is at hand."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host
        return self.public_url or f"http://{host}:{self.port}"

    def to_environment(self) -> dict[str, str]:
        """Return the variables from which a child process reads these very settings.

        A child needs no API key and sends no letters, so it is given neither secret.
        """
        environment: dict[str, str] = {}
        for name, value in _plain(self).items():
            if value is None or name in ("bootstrap_api_key", "mail"):
                continue
            if isinstance(value, dict):
                environment |= {_variable(name, key): _text(inner) for key, inner in value.items() if inner is not None}
            else:
                environment[_variable(name)] = _text(value)
        environment[_variable("data_dir")] = str(self.data_dir.absolute())
        return environment


def environment_names() -> dict[str, str]:
    """Return every variable that is read, with the description of its setting."""
    names: dict[str, str] = {}
    for name, field in Settings.model_fields.items():
        group = field.annotation
        if isinstance(group, type) and issubclass(group, _Group):
            names |= {_variable(name, key): inner.description or "" for key, inner in group.model_fields.items()}
        else:
            names[_variable(name)] = field.description or ""
    return names


def misspelt_names(environment: Iterable[str] | None = None) -> dict[str, str]:
    """Return variables that are no setting but look like one, each with the setting that it looks like."""
    known = environment_names()
    return {
        name: close[0]
        for name in (os.environ if environment is None else environment)
        if name.startswith(ENVIRONMENT_PREFIX)
        and name not in known
        and name not in _OF_THE_CLIENT
        and (close := get_close_matches(name, known, n=1, cutoff=_LOOKS_LIKE))
    }


def new_secret() -> str:
    """Return 256 random bits as text."""
    return secrets.token_urlsafe(32)


def _variable(*names: str) -> str:
    return ENVIRONMENT_PREFIX + "_".join(names).upper()


def _plain(settings: Settings) -> dict[str, Any]:
    return {name: _reveal(value) for name, value in settings.model_dump().items()}


def _reveal(value: object) -> object:
    return value.get_secret_value() if isinstance(value, SecretStr) else value


def _text(value: object) -> str:
    return json.dumps(value) if isinstance(value, bool) else str(value)
