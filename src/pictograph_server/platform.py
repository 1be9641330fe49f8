"""Everything a service may need, opened once for each process."""

from dataclasses import dataclass

from pictograph_server.settings import Settings
from pictograph_server.signing import UrlSigner, signing_secret
from pictograph_server.storage.blobs import BlobStore, open_blobs
from pictograph_server.storage.db.migrate import migrate
from pictograph_server.storage.db.session import Database


@dataclass(frozen=True)
class Platform:
    settings: Settings
    db: Database
    blobs: BlobStore
    signer: UrlSigner

    def close(self) -> None:
        self.db.close()


def open_platform(settings: Settings, *, migrate_database: bool = False) -> Platform:
    """Open the database and the blobs; the data folder is created for its owner alone (0700)."""
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    db = Database(settings.effective_database_url)
    if migrate_database:
        migrate(db)
    return Platform(
        settings=settings,
        db=db,
        blobs=open_blobs(settings.effective_blobs_url),
        signer=UrlSigner(signing_secret(settings), settings.effective_public_url),
    )
