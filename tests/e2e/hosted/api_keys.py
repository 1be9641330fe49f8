"""`client.api_keys` of the hosted client: keys made, used, limited, switched off and deleted."""

import os
from datetime import UTC, datetime, timedelta

from pictograph import AuthError, Client, ForbiddenError, NotFoundError, RateLimitError

client = Client()
organization_id = client.organizations.me().id
own = os.environ["PICTOGRAPH_API_KEY"]

listed = client.api_keys.list()
assert own[:12] in [key.key_prefix for key in listed]
assert [key.id for key in client.api_keys.list(organization_id)] == [key.id for key in listed]

later = datetime.now(UTC) + timedelta(days=30)
made = client.api_keys.create(organization_id, "for reading", role="viewer", rate_limit=1000, expires_at=later)
assert made.api_key.startswith("pk_live_")
assert made.key_prefix == made.api_key[:12]
assert (made.name, made.role, made.rate_limit) == ("for reading", "viewer", 1000)
assert made.expires_at is not None
assert abs(made.expires_at - later) < timedelta(seconds=1)

kept = client.api_keys.get(made.key_id)
assert (kept.id, kept.name, kept.role, kept.is_active) == (made.key_id, "for reading", "viewer", True)
assert kept.last_used_at is None

reader = Client(api_key=made.api_key, max_retries=0)
assert reader.organizations.me().id == organization_id
assert client.api_keys.get(made.key_id).last_used_at is not None
try:
    reader.projects.create("not by a viewer")
except ForbiddenError as error:
    assert error.status_code == 403
else:
    raise AssertionError("a viewer makes nothing")

renamed = client.api_keys.update(made.key_id, name="renamed", rate_limit=5)
assert (renamed.name, renamed.rate_limit, renamed.role) == ("renamed", 5, "viewer")
limited = None
for _ in range(8):
    try:
        reader.credits.balance()
    except RateLimitError as error:
        limited = error
        break
assert limited is not None, "five requests an hour, and no more"
assert limited.retry_after is not None
assert limited.retry_after > 0

assert client.api_keys.update(made.key_id, rate_limit=1000, is_active=False).is_active is False
try:
    reader.organizations.me()
except AuthError as error:
    assert error.status_code == 401
else:
    raise AssertionError("a key that is off opens nothing")
client.api_keys.update(made.key_id, is_active=True)
assert reader.organizations.me().id == organization_id

admin_key = client.api_keys.create(organization_id, "admin", role="admin")
admin = Client(api_key=admin_key.api_key, max_retries=0)
try:
    admin.api_keys.create(organization_id, "more than I am", role="owner")
except ForbiddenError as error:
    assert error.status_code == 403
else:
    raise AssertionError("nobody hands out a role above their own")
assert admin.api_keys.create(organization_id, "as much as I am", role="admin").role == "admin"

for key in client.api_keys.list():
    if key.name in ("renamed", "admin", "as much as I am"):
        assert client.api_keys.delete(key.id) is None
for secret in (made.api_key, admin_key.api_key):
    try:
        Client(api_key=secret, max_retries=0).organizations.me()
    except AuthError as error:
        assert error.status_code == 401
    else:
        raise AssertionError("a deleted key opens nothing")
try:
    client.api_keys.get(made.key_id)
except NotFoundError as error:
    assert error.status_code == 404
else:
    raise AssertionError("a deleted key is gone")
