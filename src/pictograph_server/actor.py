"""Who is asking, in words that services understand; how a request proves it is `auth.py`."""

from dataclasses import dataclass
from typing import Literal

Role = Literal["viewer", "member", "admin", "owner"]
ROLES: tuple[Role, ...] = ("viewer", "member", "admin", "owner")


@dataclass(frozen=True)
class Actor:
    """Who is behind a request: an API key, or a person who signed in. `id` and `name` are the key's or theirs.

    An operator is whoever may run commands on the server's data; they make no requests, but leave audit entries.
    """

    organization_id: str
    id: str
    role: Role
    name: str
    kind: Literal["key", "person", "operator"] = "key"

    @property
    def maker(self) -> str:
        """Return how provenance names what the actor made by hand (R11)."""
        return f"user:{self.id}"

    def has_role(self, minimum: Role) -> bool:
        """A higher role includes the lower ones."""
        return ROLES.index(self.role) >= ROLES.index(minimum)
