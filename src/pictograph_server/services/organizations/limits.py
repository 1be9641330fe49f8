"""How many people, images and bytes an organisation may have: for the operator to say."""

from sqlalchemy import Connection

from pictograph_server.actor import Actor
from pictograph_server.errors import Unprocessable
from pictograph_server.services.audit import service as audit
from pictograph_server.services.organizations import repository
from pictograph_server.services.organizations.repository import OrganizationRow
from pictograph_server.services.organizations.service import OrganizationNotFound

# What the columns hold; the wire has no word for «unlimited», so large numbers stand for it.
MAX_SEATS = 1_000_000_000
MAX_AMOUNT = 1 << 60


class BadLimit(Unprocessable):
    code = "bad_limit"

    def __init__(self, what: str, given: int, least: int, most: int) -> None:
        super().__init__(f"{given} cannot be the limit of {what}", why=f"it is {least} to {most}")


def set_limits(
    conn: Connection,
    slug: str,
    *,
    seats: int | None = None,
    images: int | None = None,
    storage_bytes: int | None = None,
) -> OrganizationRow:
    """Change the limits that are given and return the organisation. What it has beyond a lower one, it keeps.

    Raises:
        OrganizationNotFound: no organisation has this slug.
        BadLimit: no seat at all, or less than nothing.
    """
    found = repository.by_slug(conn, slug)
    if found is None:
        raise OrganizationNotFound(slug)
    for what, given, least, most in (
        ("seats", seats, 1, MAX_SEATS),
        ("images", images, 0, MAX_AMOUNT),
        ("bytes", storage_bytes, 0, MAX_AMOUNT),
    ):
        if given is not None and not least <= given <= most:
            raise BadLimit(what, given, least, most)
    given_limits = {"max_users": seats, "max_images": images, "max_storage_bytes": storage_bytes}
    changes = {column: value for column, value in given_limits.items() if value is not None}
    if changes:
        repository.set_limits(conn, found.id, changes)
        operator = Actor(organization_id=found.id, id="operator", role="owner", name="operator", kind="operator")
        audit.record(
            conn, operator, "organization.limited", subject_id=found.id, subject_name=found.name, details=changes
        )
    return repository.lock(conn, found.id)
