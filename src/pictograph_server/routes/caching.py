"""The header of answers that hold a secret: no cache keeps them, and the server does not either (idempotency)."""

NO_STORE = {"Cache-Control": "no-store"}
