"""Chunks of versions: nothing is lost, what is the same is stored once, and what is not named goes."""

from dataclasses import replace
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from pictograph_server.services.versions.content import (
    Chunk,
    FrozenClass,
    FrozenImage,
    Manifest,
    VersionStore,
    in_chunks,
)
from pictograph_server.storage.blobs import BlobStore, open_blobs

BOX: dict[str, object] = {
    "id": "a",
    "name": "stop",
    "type": "bbox",
    "bounding_box": {"x": 0.1, "y": 1, "w": 1e-7, "h": 3.0},
}


def image(number: int) -> FrozenImage:
    return FrozenImage(
        id=str(UUID(int=number)),
        folder_path="/ä/b",
        filename=f"{number}\n.png",
        display_name=None,
        sha256=f"{number:064x}",
        size_bytes=number,
        width=3,
        height=4,
        mime_type="image/png",
        status="complete",
        status_set_by="person",
        auto_tags={"objects": ["car"], "confidences": {"car": 0.5}},
        annotations=[BOX],
        provenance={"a": {"made_by": "user:1"}},
    )


def freeze(blobs: BlobStore, images: list[FrozenImage]) -> tuple[VersionStore, str]:
    store = VersionStore(blobs, "d1")
    chunks = [store.put_chunk(group) for group in in_chunks(images)]
    return store, store.put_manifest(Manifest([FrozenClass("stop", "bbox", "#fff", ["halt"])], ["bbox"], chunks))


def chunks_of(store: VersionStore, manifest: str) -> set[Chunk]:
    return set(store.manifest(manifest).chunks)


def test_store__images_come_back_exactly() -> None:
    images = [image(number) for number in range(3000)]
    store, manifest = freeze(open_blobs("memory:///"), images)
    found = store.manifest(manifest)
    assert [each for chunk in found.chunks for each in store.images(chunk)] == images
    assert found.classes == [FrozenClass("stop", "bbox", "#fff", ["halt"])]
    assert [line.annotation_count for chunk in found.chunks for line in store.index(chunk)] == [1] * 3000


def test_store__the_same_content_has_the_same_name() -> None:
    images = [image(number) for number in range(700)]
    assert freeze(open_blobs("memory:///"), images)[1] == freeze(open_blobs("memory:///"), images)[1]


@settings(max_examples=10, deadline=None)
@given(st.sets(st.integers(0, 2999), min_size=1, max_size=3), st.sets(st.integers(0, 2999), max_size=2))
def test_store__a_change_touches_the_chunks_of_what_changed(changed: set[int], gone: set[int]) -> None:
    images = [image(number) for number in range(3000)]
    later = [
        replace(each, annotations=[]) if number in changed else each
        for number, each in enumerate(images)
        if number not in gone
    ]
    blobs = open_blobs("memory:///")
    store, before = freeze(blobs, images)
    store, after = freeze(blobs, later)
    # Of each image that is another or gone, the chunk it was in; taking away the end of a chunk joins it to the next.
    assert len(chunks_of(store, after) - chunks_of(store, before)) <= len(changed) + len(gone)


def test_store__removes_what_no_kept_manifest_names() -> None:
    blobs = open_blobs("memory:///")
    images = [image(number) for number in range(2000)]
    store, first = freeze(blobs, images)
    store, second = freeze(blobs, [replace(images[0], status="new"), *images[1:]])
    store.remove_all_but([second])
    assert len(blobs.keys_in("versions/d1")) == 2 * len(chunks_of(store, second)) + 1
    assert next(store.images(store.manifest(second).chunks[0])).status == "new"
    store.remove_all_but([])
    assert (blobs.keys_in("versions/d1"), first == second) == ([], False)
