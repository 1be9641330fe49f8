"""`client.connectors` of the hosted client: bad keys are answers, limits are counted, unknown imports are not found."""

from pictograph import Client
from pictograph.exceptions import NotFoundError, ValidationError

client = Client()
for provider in ("v7", "roboflow"):
    # Whether the other service can be reached from here or not.
    found = client.connectors.validate(provider, "not-a-key-of-theirs")
    assert (found.valid, found.datasets) == (False, [])
    assert found.error
    assert "not-a-key-of-theirs" not in found.error

limits = client.connectors.check_limits(total_images=10, estimated_size_bytes=1_000_000)
assert limits.allowed
assert limits.exceeded is None
assert limits.images_after_import == limits.current_images + 10
assert limits.storage_after_import_bytes == limits.current_storage_bytes + 1_000_000
much = client.connectors.check_limits(total_images=10**15, estimated_size_bytes=0)
assert (much.allowed, much.exceeded) == (False, "images")

wanted = [{"id": "17", "name": "Signs", "slug": "signs", "image_count": 3}]
try:
    client.connectors.import_("v7", "not-a-key-of-theirs", wanted)
except ValidationError as error:
    assert "V7" in str(error)
else:
    raise AssertionError("an import began without a key")
assert "Signs" not in {project.name for project in client.projects.list()}

for ask in (client.connectors.get_import, client.connectors.cancel_import, client.connectors.wait_for_import):
    try:
        ask("0192aa00-0000-7000-8000-000000000000")
    except NotFoundError:
        continue
    raise AssertionError("an import was found that never began")
