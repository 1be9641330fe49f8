"""What every request goes through before a route sees it, as plain ASGI: outermost first, envelope, authentication,
bodies, idempotency."""
