"""What a request can be refused with. Each error says what failed, why, and what to do next.

    ServiceError
    ├─ BadRequest            400   the request is well-formed but cannot be done as asked
    ├─ Unauthorized          401   no key, or one that is unknown, expired or switched off
    ├─ PaymentRequired       402   not enough credits, or a plan limit
    ├─ Forbidden             403   the key's role is too low
    ├─ NotFound              404   unknown here: absent, or another organisation's
    ├─ MethodNotAllowed      405   the address exists, but not for this method
    ├─ Conflict              409   the state of the thing does not allow it
    ├─ ContentTooLarge       413   more bytes or pixels than the server takes
    ├─ UnsupportedContent    415   the bytes are not what the server reads
    ├─ Unprocessable         422   malformed payload or query
    ├─ TooManyRequests       429   more than the key may send in an hour
    └─ Unavailable           503   not now; the same request may work later

Specific errors live beside the code that raises them and derive from one of these.
"""

from collections.abc import Mapping
from typing import ClassVar


class ServiceError(Exception):
    """A refusal with an HTTP status, a stable `code`, and words for the person who meets it."""

    status: ClassVar[int] = 500
    code: str = "error"
    # Sent with the answer; only 405 and 429 need any.
    headers: Mapping[str, str] | None = None

    def __init__(
        self,
        what: str,
        *,
        why: str | None = None,
        fix: str | None = None,
        code: str | None = None,
        details: Mapping[str, object] | None = None,
    ) -> None:
        self.what = what
        self.why = why
        self.fix = fix
        if code is not None:
            self.code = code
        # Machine-readable extras. When given they become the wire's `detail` object, as 402 needs.
        self.details = details
        super().__init__(self.message)

    @property
    def message(self) -> str:
        return f"{self.what}: {self.why}" if self.why else self.what

    def body(self) -> dict[str, object]:
        """Return the JSON body: `detail` (text, or an object when there are details), `code`, `fix`."""
        body: dict[str, object] = {"detail": self.message, "code": self.code}
        if self.details is not None:
            body["detail"] = {"message": self.message, **self.details}
            body["message"] = self.message
        if self.fix:
            body["fix"] = self.fix
        return body


class BadRequest(ServiceError):
    status = 400
    code = "bad_request"


class Unauthorized(ServiceError):
    status = 401
    code = "unauthorized"


class PaymentRequired(ServiceError):
    status = 402
    code = "payment_required"


class Forbidden(ServiceError):
    status = 403
    code = "forbidden"


class NotFound(ServiceError):
    status = 404
    code = "not_found"


class MethodNotAllowed(ServiceError):
    status = 405
    code = "method_not_allowed"


class Conflict(ServiceError):
    status = 409
    code = "conflict"


class ContentTooLarge(ServiceError):
    status = 413
    code = "content_too_large"


class UnsupportedContent(ServiceError):
    status = 415
    code = "unsupported_content"


class Unprocessable(ServiceError):
    status = 422
    code = "unprocessable"


class TooManyRequests(ServiceError):
    status = 429
    code = "too_many_requests"


class Unavailable(ServiceError):
    status = 503
    code = "unavailable"
