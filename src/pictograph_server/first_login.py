"""The way in for people before anybody has a password: a link that works once, for the first owner."""

from pictograph_server.platform import Platform
from pictograph_server.services.accounts import links, repository
from pictograph_server.settings import Settings

ADDRESS_FILE = "address"


def owner_login_link(platform: Platform) -> str:
    """Return a new login link for the one who has owned the oldest organisation longest."""
    with platform.db.write() as conn:
        owner = repository.first_owner(conn, None)
        # The first start makes an organisation with an owner, and the last owner cannot go.
        assert owner is not None, "there is no organisation with an owner"
        link = links.make(conn, owner, "login")
    return platform.settings.effective_public_url + link.path


def note_address(settings: Settings) -> None:
    """Leave the server's address in its data folder, where `pictograph login-link` finds it."""
    (settings.data_dir / ADDRESS_FILE).write_text(settings.effective_public_url + "\n")


def noted_address(settings: Settings) -> str:
    """Return the address to put before a link's path."""
    file = settings.data_dir / ADDRESS_FILE
    if settings.public_url is None and file.exists():
        return file.read_text().strip()
    return settings.effective_public_url
