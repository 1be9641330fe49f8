"""`client.images`: single images, and many in one request where the server offers that."""

import builtins
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Unpack, cast

from pictograph._http.pagination import CursorPager
from pictograph._http.transport import CHUNK_BYTES, DEVELOPER, Params, Transport, member, members, parse, path_of
from pictograph._internal.image_files import image_size, media_type_of, pack_tar
from pictograph.exceptions import ServerError
from pictograph.models.dataset import DatasetImage
from pictograph.models.image import Image
from pictograph.models.listing import ImageFilter, ImageNeighbors, ImageSort

# What the dataset holds under a folder and name: nothing, these bytes, or other bytes.
PresentState = Literal["absent", "same", "different"]
BundleState = Literal["created", "same", "different", "failed"]

_IDS_A_PAGE = 10_000


@dataclass(frozen=True, slots=True)
class ImageKey:
    """Where an image belongs in a dataset: a virtual folder that begins with a slash, and a file name."""

    folder_path: str
    filename: str


@dataclass(frozen=True, slots=True)
class BundleResult:
    """What became of one image of a bundle; `reason` and `code` say why not."""

    state: BundleState
    image_id: str | None = None
    reason: str | None = None
    code: str | None = None


class Images:
    """Look at, fetch, add and remove images."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(
        self, dataset_name: str, *, sort: ImageSort = "newest", limit: int = 100, **filters: Unpack[ImageFilter]
    ) -> builtins.list[DatasetImage]:
        """Return the first `limit` images of a dataset that fulfil every filter; see `ImageFilter` for what there is.

        Args:
            sort: `newest`, `oldest`, `name` (by folder, then file name) or `least_confident` (annotated ones alone).
        Raises:
            NotFoundError: there is no such dataset.
            ValidationError: a filter is malformed; the message says which words there are.
        """
        if limit <= 0:
            raise ValueError(f"limit must be positive, not {limit}")
        return self.iter(dataset_name, sort=sort, page_size=min(limit, 1000), max_total=limit, **filters).all()

    def iter(
        self,
        dataset_name: str,
        *,
        sort: ImageSort = "newest",
        page_size: int = 1000,
        max_total: int | None = None,
        **filters: Unpack[ImageFilter],
    ) -> CursorPager[DatasetImage]:
        """Return a pager over the images that `list` finds. Images that come or go meanwhile shift no page."""
        return CursorPager(
            self._transport,
            f"{DEVELOPER}/images/",
            items_key="images",
            parse_item=lambda item: parse(DatasetImage, item),
            page_size=page_size,
            max_total=max_total,
            params={"dataset_name": dataset_name, "sort": sort, **cast("Params", filters)},
        )

    def ids(
        self,
        dataset_name: str,
        *,
        sort: ImageSort = "newest",
        max_total: int | None = None,
        **filters: Unpack[ImageFilter],
    ) -> CursorPager[str]:
        """Return a pager over the ids alone of the images that `list` finds, ten thousand in a request."""
        return CursorPager(
            self._transport,
            path_of("datasets", "by-name", dataset_name, "image-ids"),
            items_key="image_ids",
            parse_item=str,
            page_size=_IDS_A_PAGE,
            max_total=max_total,
            params={"sort": sort, **cast("Params", filters)},
        )

    def count(self, dataset_name: str, **filters: Unpack[ImageFilter]) -> int | None:
        """Return how many images fulfil every filter; None where counting them would take the server long.

        Raises:
            NotFoundError, ValidationError: as `list`.
        """
        params: Params = {"dataset_name": dataset_name, "limit": 1, "with_total": True, **cast("Params", filters)}
        return member(self._transport.get(f"{DEVELOPER}/images/", params=params), "total")

    def neighbors(
        self,
        image_id: str,
        *,
        sort: ImageSort = "newest",
        limit: int = 1,
        with_index: bool = False,
        position: str | None = None,
        **filters: Unpack[ImageFilter],
    ) -> ImageNeighbors:
        """Return what comes before and behind an image in the list of its dataset with this sort and these filters.

        Args:
            limit: at most so many to each side.
            with_index: count how many come before it, too.
            position: of an earlier answer: stands for where the image was then, should an edit have moved it since.
        Raises:
            NotFoundError: there is no such image.
        """
        params: Params = {
            "sort": sort,
            "limit": limit,
            "with_index": with_index,
            "position": position,
            **cast("Params", filters),
        }
        return parse(ImageNeighbors, self._transport.get(path_of("images", image_id, "neighbors"), params=params))

    def set_tags(self, image_id: str, tags: Sequence[str]) -> builtins.list[str]:
        """Give an image these tags, and no others, and return them. Unknown ones become classes of its dataset."""
        path = path_of("images", image_id, "tags")
        return members(self._transport.request("PUT", path, json={"tags": [*tags]}), "tags")

    def thumbnail(self, image_id: str, output_path: str | Path) -> Path:
        """Write an image's thumbnail (JPEG) to `output_path` and return that path.

        Raises:
            NotFoundError: there is no such image, or its thumbnail is not made yet.
        """
        return self._transport.download(path_of("images", image_id, "thumbnail"), output_path)

    def get(self, image_id: str) -> Image:
        """Return an image, without its annotations. Archived ones can still be looked at."""
        return parse(Image, member(self._transport.get(path_of("images", image_id, "metadata")), "image"))

    def download(self, image_id: str, output_path: str | Path, *, chunk_size: int = CHUNK_BYTES) -> Path:
        """Write the image's bytes to `output_path` and return that path; the file appears whole or not at all."""
        del chunk_size  # A name of the hosted client; the network decides the pieces here.
        return self._transport.download(path_of("images", image_id), output_path)

    def upload(
        self,
        dataset_id: str,
        file_path: str | Path,
        *,
        folder_path: str = "/",
        filename: str | None = None,
        content_type: str | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> Image:
        """Add a file to a dataset and return the image. `progress` gets (sent, total) bytes.

        Args:
            folder_path: the virtual folder, made on demand.
            filename: the name in the dataset; the file's own by default.
        Raises:
            FileNotFoundError: `file_path` is not a file.
            ValueError: the name's suffix is not one of an image, and no `content_type` is given.
            ConflictError: the folder has an image of this name.
            ValidationError, ApiError: the server cannot read the file as an image, and says why.
        """
        path = Path(file_path).expanduser()
        if not path.is_file():
            raise FileNotFoundError(f"There is no file {path}")
        name = filename or path.name
        media_type = content_type or media_type_of(name)
        if media_type is None:
            raise ValueError(f"Cannot tell the type of {name!r} from its suffix: pass content_type, like 'image/jpeg'")
        ticket = self._transport.post(
            path_of("images", "upload-url"),
            json={
                "dataset_id": dataset_id,
                "filename": name,
                "folder_path": folder_path,
                "content_type": media_type,
            },
        )
        size_bytes = path.stat().st_size
        self._transport.put_signed(
            member(ticket, "upload_url"), path, content_type=media_type, size_bytes=size_bytes, progress=progress
        )
        width, height = image_size(path) or ("", "")
        registered = self._transport.post(
            path_of("images", "register"),
            form={
                "dataset_id": dataset_id,
                "filename": name,
                "gcs_bucket": str(member(ticket, "gcs_bucket")),
                "gcs_path": str(member(ticket, "gcs_path")),
                "gcs_uri": str(member(ticket, "gcs_uri")),
                "folder_path": folder_path,
                "mime_type": media_type,
                "file_size": str(size_bytes),
                "image_width": str(width),
                "image_height": str(height),
            },
        )
        return self.get(str(member(registered, "image_id")))

    def delete(self, image_id: str, *, permanent: bool = False) -> None:
        """Archive an image, or with `permanent` remove it and its bytes for good."""
        self._transport.delete(path_of("images", image_id), params={"permanent": True} if permanent else None)

    def check(self, dataset_id: str, images: Sequence[tuple[ImageKey, str]]) -> builtins.list[PresentState]:
        """Return for each (key, SHA-256 in hex) what the dataset holds there, so that nothing is sent twice.

        Raises:
            NotFoundError: the server does not offer this (or has no such dataset); `upload` always works.
        """
        body = {
            "dataset_id": dataset_id,
            "images": [
                {"folder_path": key.folder_path, "filename": key.filename, "sha256": digest} for key, digest in images
            ],
        }
        answer = self._transport.post(path_of("images", "check"), json=body)
        return cast("list[PresentState]", _one_each(members(answer, "states"), images, answer))

    def upload_bundle(self, dataset_id: str, images: Sequence[tuple[ImageKey, bytes]]) -> builtins.list[BundleResult]:
        """Add many images in one request (at most 64 MiB) and return what became of each, in order.

        A file that the server refuses does not keep the others out.

        Raises:
            NotFoundError: the server does not offer this (or has no such dataset); `upload` always works.
        """
        names = [f"{key.folder_path.strip('/')}/{key.filename}".lstrip("/") for key, _ in images]
        answer = self._transport.request(
            "POST",
            path_of("images", "bundle"),
            params={"dataset_id": dataset_id},
            content=pack_tar([(name, data) for name, (_, data) in zip(names, images, strict=True)]),
            content_type="application/x-tar",
            # Every image is checked by its pixels before the answer comes.
            timeout_s=max(120.0, self._transport.config.timeout),
        )
        results = _one_each(members(answer, "results"), images, answer)
        return [
            BundleResult(
                state=member(result, "state"),
                image_id=result.get("image_id"),
                reason=result.get("reason"),
                code=result.get("code"),
            )
            for result in results
        ]


def _one_each(items: list[Any], asked: Sequence[object], answer: Any) -> list[Any]:
    if len(items) != len(asked):
        raise ServerError(f"The server answered for {len(items)} images instead of {len(asked)}", response=answer)
    return items
