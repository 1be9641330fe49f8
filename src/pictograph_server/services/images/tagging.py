"""Tags that a person gives an image: classes it shows as a whole, without a place."""

from collections.abc import Sequence

from sqlalchemy import Connection

from pictograph_server.actor import Actor
from pictograph_server.services.datasets import service as datasets

from . import service as images
from . import tags_repository


def tag(conn: Connection, actor: Actor, image_id: str, names: Sequence[str]) -> list[str]:
    """Make the image's tags these, in their order, and return them. Unknown ones become classes of the dataset.

    What a model was sure of stays known for the tags that stay. Scenes and attributes are not touched.

    Raises:
        ImageNotFound: 404.
        InvalidClass: 422, a tag that no class could be called.
    """
    image = images.lock(conn, actor.organization_id, image_id)
    wanted = list(dict.fromkeys(names))
    before = image.auto_tags
    known = before.get("confidences")
    confidences = {name: value for name, value in known.items() if name in wanted} if isinstance(known, dict) else {}
    if wanted != before.get("objects", []):
        datasets.ensure_classes(conn, image.dataset_id, [(name, "tag", ()) for name in wanted])
        tags = {**before, "objects": wanted, "confidences": confidences}
        tags_repository.set_tags(conn, {image.id: tags})
    return wanted
