"""`client.search`: images like one, images with tags, and near copies."""

from collections.abc import Sequence

from pictograph._http.transport import DEVELOPER, Transport, members, parse, path_of
from pictograph.models.search import Duplicates, SimilarImage, TaggedImage


class Search:
    """Find images by what they look like and what they are tagged with."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def by_similarity(
        self, image_id: str, *, threshold: float = 0.6, limit: int = 50, folder_path: str | None = None
    ) -> list[SimilarImage]:
        """Return images of the same dataset that look like this one, the most alike first.

        It goes by where colours and edges lie, not by what things are: it finds other photos of a scene, not other
        stop signs. From 0.9 on they are near copies.

        Args:
            folder_path: search this folder and what is below it, "/" for the whole dataset; else the image's own.
        Raises:
            NotFoundError: there is no such image.
        """
        params = {"image_id": image_id, "threshold": threshold, "limit": limit, "folder_path": folder_path}
        document = self._transport.get(f"{DEVELOPER}/search/similar", params=params)
        return [parse(SimilarImage, item) for item in members(document, "results")]

    def by_tag(
        self,
        *,
        objects: Sequence[str] | None = None,
        scenes: Sequence[str] | None = None,
        attributes: Sequence[str] | None = None,
        dataset_name: str | None = None,
        limit: int = 50,
        offset: int = 0,
    ) -> list[TaggedImage]:
        """Return images that carry every one of the tags, newest first; of one dataset or of all.

        Raises:
            ValueError: no tag is given.
            NotFoundError: there is no such dataset.
        """
        if not (objects or scenes or attributes):
            raise ValueError("Give at least one tag: objects, scenes or attributes")
        params = {
            "objects": list(objects or ()),
            "scenes": list(scenes or ()),
            "attributes": list(attributes or ()),
            "dataset_name": dataset_name,
            "limit": limit,
            "offset": offset,
        }
        document = self._transport.get(f"{DEVELOPER}/search/by-tags", params=params)
        return [parse(TaggedImage, item) for item in members(document, "results")]

    def duplicates(
        self, dataset_name: str, *, max_distance: int = 4, images_limit: int = 200_000, limit: int = 100
    ) -> Duplicates:
        """Return groups of near copies among a dataset's newest images, the largest groups first.

        Args:
            max_distance: bits of 64 that two images' hashes may differ in; 0 finds little more than the same picture
                saved again, 8 also the next frame of a video.
            images_limit: look at so many images; the server takes no more than 200,000.
        Raises:
            NotFoundError: there is no such dataset.
        """
        params = {"max_distance": max_distance, "images_limit": images_limit, "limit": limit}
        path = path_of("datasets", "by-name", dataset_name, "duplicates")
        return parse(Duplicates, self._transport.get(path, params=params))
