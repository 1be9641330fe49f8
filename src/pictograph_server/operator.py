"""The operator's commands that need no server: they open its database, whether or not it runs."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from pictograph_server.data_folder import StartError
from pictograph_server.errors import ServiceError
from pictograph_server.first_login import noted_address
from pictograph_server.platform import Platform, open_platform
from pictograph_server.services.accounts import operating
from pictograph_server.services.accounts.operating import OrganizationLine
from pictograph_server.services.organizations import limits
from pictograph_server.settings import Settings
from pictograph_server.starting import read_settings, start_errors_shown
from pictograph_server.storage.db.migrate import is_current


def login_link(
    data_dir: Path | None,
    *,
    email: str | None = None,
    organization: str | None = None,
    new_password: bool = False,
    base_url: str | None = None,
) -> str:
    """Return a link with which a person comes in, or sets a new password."""
    with _platform(data_dir) as platform:
        with platform.db.write() as conn:
            purpose = "password" if new_password else "login"
            link = operating.make_link(conn, purpose, email=email, slug=organization)
        return _address(platform.settings, base_url) + link.path


def list_organizations(data_dir: Path | None) -> list[OrganizationLine]:
    with _platform(data_dir) as platform, platform.db.read() as conn:
        return operating.list_organizations(conn)


def create_organization(
    data_dir: Path | None,
    name: str,
    *,
    email: str | None = None,
    full_name: str | None = None,
    base_url: str | None = None,
) -> dict[str, str]:
    """Make an organisation and return what its owner needs: `id`, `slug`, `api_key` and `login_link`."""
    with _platform(data_dir) as platform:
        with platform.db.write() as conn:
            made = operating.create_organization(conn, platform.settings, name, email=email, full_name=full_name)
        link = _address(platform.settings, base_url) + made.link.path
        return {"id": made.id, "slug": made.slug, "api_key": made.api_key, "login_link": link}


def limit_organization(
    data_dir: Path | None,
    slug: str,
    *,
    seats: int | None = None,
    images: int | None = None,
    storage_bytes: int | None = None,
) -> dict[str, str | int]:
    """Change the limits of an organisation that are given, and return all of them."""
    with _platform(data_dir) as platform, platform.db.write() as conn:
        row = limits.set_limits(conn, slug, seats=seats, images=images, storage_bytes=storage_bytes)
        return {"slug": row.slug, "seats": row.max_users, "images": row.max_images, "bytes": row.max_storage_bytes}


@contextmanager
def _platform(data_dir: Path | None) -> Generator[Platform]:
    """Open the platform as it is. A database is neither made nor migrated here: that is the server's to do."""
    with start_errors_shown("That cannot be done."):
        settings = read_settings(data_dir=data_dir)
        if settings.database_url is None and not Path(urlsplit(settings.effective_database_url).path).exists():
            raise NoDatabase(settings)
        platform = open_platform(settings)
        try:
            if not is_current(platform.db):
                raise NotMigrated(settings)
            yield platform
        except ServiceError as error:
            raise Refused(error) from None
        finally:
            platform.close()


def _address(settings: Settings, base_url: str | None) -> str:
    return base_url.rstrip("/") if base_url else noted_address(settings)


class NoDatabase(StartError):
    def __init__(self, settings: Settings) -> None:
        super().__init__(
            f"There is no database in {settings.data_dir.absolute()}.\n"
            "Start the server once (`pictograph up`), or name its folder with --data."
        )


class NotMigrated(StartError):
    def __init__(self, settings: Settings) -> None:
        super().__init__(
            f"The database of {settings.data_dir.absolute()} is of another version of Pictograph.\n"
            "Start this version's server once (`pictograph up`): it brings the database up to date."
        )


class Refused(StartError):
    def __init__(self, error: ServiceError) -> None:
        super().__init__(f"{error.message}.\n{error.fix or ''}".rstrip())
