"""`client.projects` and `client.datasets` of the hosted client: made, read, renamed, replaced, removed."""

from datetime import datetime

from pictograph import Client, ConflictError, NotFoundError, ValidationError

client = Client()
made = client.projects.create(
    "hosted shop",
    description="shelves",
    annotation_types=["bbox", "polygon"],
    classes=[{"name": "box", "type": "bbox", "color": "#ff0000"}, {"name": "bag"}],
)
assert (made.name, made.description, made.annotation_types) == ("hosted shop", "shelves", ["bbox", "polygon"])
box, bag = made.classes
assert (box.name, box.type, box.color) == ("box", "bbox", "#ff0000")
assert bag.name == "bag" and bag.color, "the server gives a colour where none was said"
assert isinstance(made.created_at, datetime) and made.image_count == 0

for call, error in (
    (lambda: client.projects.create("hosted shop"), ConflictError),
    (lambda: client.projects.get("hosted none"), NotFoundError),
    (lambda: client.datasets.get("hosted none"), NotFoundError),
    (lambda: client.datasets.get_by_id("not-an-id"), NotFoundError),
    (lambda: client.projects.create("a/b"), ValidationError),
    (lambda: client.projects.create("hosted other", annotation_types=["sphere"]), ValidationError),
    (lambda: client.projects.update("hosted shop"), ValueError),
):
    try:
        call()
    except error:
        continue
    raise AssertionError(f"{error.__name__} was expected")

renamed = client.projects.update("hosted shop", new_name="hosted market", classes=[{"name": "crate"}])
assert (renamed.id, renamed.name, renamed.description) == (made.id, "hosted market", "shelves")
assert [entry.name for entry in renamed.classes] == ["crate"], "classes are replaced, not merged"
assert client.projects.get("hosted market").updated_at is not None

dataset = client.datasets.get("hosted market", include_images=True)
assert (dataset.id, dataset.images) == (made.id, [])
assert client.datasets.get("hosted market").images is None
assert client.datasets.get_by_id(made.id).name == "hosted market"
names = [f"hosted page {number}" for number in range(5)]
for name in names:
    client.projects.create(name)
listed = [entry.name for entry in client.datasets.iter(page_size=2)]
assert set(names) < set(listed) and len(listed) == len(set(listed))
assert [entry.name for entry in client.projects.iter(page_size=2)] == listed
assert [entry.name for entry in client.projects.list(limit=2, offset=1)] == listed[1:3]
assert len(client.datasets.iter(page_size=2, max_total=3).all()) == 3

for name in [*names, "hosted market"]:
    deleted = client.projects.delete(name)
    assert deleted["images"] == 0 and deleted["project_id"]
assert "hosted market" not in [entry.name for entry in client.datasets.list(limit=1000)]
