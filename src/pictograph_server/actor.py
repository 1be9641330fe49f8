"""Who is asking, in words that services understand; how a request proves it is `auth.py`."""

from dataclasses import dataclass
from typing import Literal

Role = Literal["viewer", "member", "admin", "owner"]
ROLES: tuple[Role, ...] = ("viewer", "member", "admin", "owner")


@dataclass(frozen=True)
class Actor:
    """The API key behind a request. `name` is the key's, for provenance."""

    organization_id: str
    key_id: str
    role: Role
    name: str

    def has_role(self, minimum: Role) -> bool:
        """A higher role includes the lower ones."""
        return ROLES.index(self.role) >= ROLES.index(minimum)
