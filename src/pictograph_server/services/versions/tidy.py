"""Takes away what only deleted versions of a dataset hold: chunks, and the bytes of images that are nowhere else."""

from collections.abc import Iterable

from pictograph_server.jobs.run import JobRun
from pictograph_server.platform import Platform
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.datasets.records import DatasetNotFound
from pictograph_server.services.images.blobs import remove_later

from . import repository
from .content import VersionStore


def tidy(run: JobRun, platform: Platform, dataset_id: str) -> None:
    """Remove the deleted versions of a dataset, and everything that no other version needs.

    While a version is being frozen nothing is taken away, because nobody can tell what it will need; the end of its
    job asks for this one again. Killed anywhere, it begins again: the rows go last.
    """
    store = VersionStore(platform.blobs, dataset_id)
    is_done = False
    while not is_done:
        run.raise_if_cancelled()
        # Looked at before the dataset is held: a large version takes a while.
        with platform.db.read() as conn:
            versions = repository.all_of_dataset(conn, dataset_id)
            held = repository.held(conn, dataset_id)
        kept = [each.content_sha256 for each in versions if each.status == "ready" and each.content_sha256 is not None]
        unneeded = sorted(held - _contents(store, kept))
        with run.transaction() as conn:
            try:
                datasets.lock(conn, run.organization_id, dataset_id)
            except DatasetNotFound:
                return
            found = repository.all_of_dataset(conn, dataset_id)
            if any(version.status == "freezing" for version in found):
                return
            # Somebody made or deleted a version meanwhile: look again.
            is_done = {(each.id, each.status) for each in found} == {(each.id, each.status) for each in versions}
            if is_done:
                store.remove_all_but(kept)
                repository.release(conn, dataset_id, unneeded)
                repository.remove(conn, [version.id for version in found if version.status == "deleted"])
                remove_later(conn, run.organization_id, unneeded)


def _contents(store: VersionStore, manifests: Iterable[str]) -> set[str]:
    """Return the contents of the images that versions hold."""
    chunks = {chunk.sha256: chunk for manifest in manifests for chunk in store.manifest(manifest).chunks}
    return {line.sha256 for chunk in chunks.values() for line in store.index(chunk)}
