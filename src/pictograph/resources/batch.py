"""`client.batch`: one change to many images."""

from collections.abc import Sequence

from pictograph._http.transport import Transport, parse, path_of
from pictograph.models.batch import BatchResult
from pictograph.models.image import ImageStatus


class Batch:
    """Change many images in one request."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def update(self, dataset_name: str, image_ids: Sequence[str], *, status: ImageStatus) -> BatchResult:
        """Set the status of up to 10,000 images: `complete` ones are trained on, `review` ones wait for people.

        It counts as a person's word: no job changes it again. Images that are not there are in `result.failed`.

        Raises:
            NotFoundError: there is no such dataset, or none of the images is in it.
        """
        body = {"dataset_name": dataset_name, "image_ids": list(image_ids), "updates": {"status": status}}
        return parse(BatchResult, self._transport.patch(path_of("batch", "images", "update"), json=body))
