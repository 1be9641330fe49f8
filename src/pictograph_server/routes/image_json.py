"""Images on the wire: plain dictionaries, since a dataset lists ten thousand of them."""

from urllib.parse import quote

from pictograph_server.routes.encoding import API
from pictograph_server.services.images.records import THUMBNAIL_MEDIA_TYPE, ImageRecord
from pictograph_server.signing import UrlSigner
from pictograph_server.storage.blobs import image_key, thumbnail_key

# Pages keep thumbnails on screen for longer than an hour.
_THUMBNAIL_EXPIRES_S = 24 * 3600
# A page that is asked for again shows what the browser has.
_THUMBNAIL_SAME_FOR_S = 6 * 3600


def image_json(record: ImageRecord, signer: UrlSigner, base_url: str) -> dict[str, object]:
    """Return endpoint 5's `image`, and an entry of `dataset.images`. `base_url` is `signer.base_url`, read once."""
    address = f"{base_url}{API}/images/{record.id}"
    return {
        "id": record.id,
        "filename": record.filename,
        "display_name": record.display_name,
        "status": record.status,
        "annotation_count": record.annotation_count,
        "annotation_version": record.annotation_version,
        "file_size": record.file_size_bytes,
        "width": record.width,
        "height": record.height,
        "mime_type": record.mime_type,
        "dataset_id": record.dataset_id,
        "virtual_folder_path": record.folder_path,
        "is_archived": record.is_archived,
        "image_auto_tags": record.auto_tags,
        "image_url": address,
        "thumbnail_url": thumbnail_url(record, signer),
        "annotation_url": annotation_url(record, base_url),
        "created_at": record.created_at,
        "updated_at": record.updated_at,
    }


def download_item_json(record: ImageRecord, signer: UrlSigner, base_url: str, mode: str) -> dict[str, object]:
    """Return an entry of endpoint 4: the image's address is signed and absolute, the annotations' needs the key."""
    return {
        "id": record.id,
        "filename": record.filename,
        "folder_path": record.folder_path,
        "file_size": record.file_size_bytes,
        "sha256": record.sha256,
        "annotation_count": record.annotation_count,
        "annotation_version": record.annotation_version,
        "image_url": None if mode == "annotations_only" else signed_image_url(record, signer),
        "annotation_url": None if mode == "images_only" else annotation_url(record, base_url),
    }


def signed_image_url(record: ImageRecord, signer: UrlSigner) -> str:
    return signer.download_url(image_key(record.sha256), filename=record.filename, media_type=record.mime_type)


def thumbnail_url(record: ImageRecord, signer: UrlSigner) -> str | None:
    if not record.has_thumbnail:
        return None
    return signer.download_url(
        thumbnail_key(record.sha256),
        filename=f"{record.filename}.thumbnail.jpg",
        media_type=THUMBNAIL_MEDIA_TYPE,
        expires_s=_THUMBNAIL_EXPIRES_S,
        same_for_s=_THUMBNAIL_SAME_FOR_S,
    )


def annotation_url(record: ImageRecord, base_url: str) -> str | None:
    if record.annotation_count == 0:
        return None
    return f"{base_url}{API}/annotations/{quote(record.id)}/file"
