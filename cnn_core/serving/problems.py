"""Errors as callers see them: `application/problem+json` (RFC 9457), all of one schema.

Beside the standard's members: `code` for programs, `hint` for a person, the request's id, and the
statement that every reply carries. What a caller sent is never repeated.
"""

from collections.abc import Mapping
from http import HTTPStatus

from starlette.responses import JSONResponse

from cnn_core.results.xray_plan import STATEMENT

MEDIA_TYPE = "application/problem+json"

CODES = {
    "form": 400,
    "key": 401,
    "no-such-page": 404,
    "method": 405,
    "slow-upload": 408,
    "too-large": 413,
    "not-a-form": 415,
    "request": 422,
    "film": 422,
    "full": 429,
    "internal": 500,
    "not-ready": 503,
    "time": 504,
}
"""Status of each error."""

SCHEMA: dict[str, object] = {
    "type": "object",
    "required": ["type", "title", "status", "code", "detail", "hint", "request_id", "statement"],
    "additionalProperties": False,
    "properties": {
        "type": {"type": "string", "const": "about:blank"},
        "title": {"type": "string", "description": "the status in words"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "code": {"type": "string", "enum": list(CODES), "description": "the error, for programs"},
        "detail": {"type": "string", "description": "what is wrong, a sentence"},
        "hint": {"type": "string", "description": "what to do about it; may be empty"},
        "request_id": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
        "statement": {"type": "string", "const": STATEMENT},
    },
}
"""Of every error, as OpenAPI has it."""


class ProblemError(Exception):
    """A request that ends with an error.

    Args:
        code: one of `CODES`.
        detail: what is wrong, one sentence.
        hint: what to do about it.
        headers: that the reply carries beside the usual ones.
        status: where `CODES` does not say it.
    """

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        hint: str = "",
        headers: Mapping[str, str] | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(detail)
        self.code, self.detail, self.hint = code, detail, hint
        self.headers = dict(headers or {})
        self.status = status or CODES[code]


def problem_reply(problem: ProblemError, request_id: str) -> JSONResponse:
    """Return the reply to a request that ends with `problem`."""
    return JSONResponse(
        {
            "type": "about:blank",
            "title": HTTPStatus(problem.status).phrase,
            "status": problem.status,
            "code": problem.code,
            "detail": problem.detail,
            "hint": problem.hint,
            "request_id": request_id,
            "statement": STATEMENT,
        },
        status_code=problem.status,
        headers=problem.headers,
        media_type=MEDIA_TYPE,
    )
