"""The film out of a request's body: in memory alone, never more of it than a film may have.

A form is parsed while it streams in, so that one that is too large is refused as soon as it is. The
name of a file, and whatever else stands beside it, is not looked at. Runs on the event loop.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from cnn_core.serving.problems import ProblemError

FIELD = "file"
FIRST_SECONDS = 5.0
BYTES_A_SECOND = 64_000
_MOST_FIELDS = 8


class _InMemory(MultiPartParser):
    """Starlette's parser, which would write what is over a megabyte into the temporary folder."""

    spool_max_size = 2**40
    whole = False

    def on_end(self) -> None:
        """Note that the form's last boundary came."""
        self.whole = True


async def read_film(request: Request, *, max_bytes: int, body_bytes: int, seconds: float) -> bytes:
    """Return the bytes of the form's field `file`.

    Args:
        request: its body not yet read.
        max_bytes: of the file.
        body_bytes: of the whole body.
        seconds: in which all of it has to come. A body must also begin within `FIRST_SECONDS`, and
            bring `BYTES_A_SECOND` from then on: who sends nothing holds no place for long.

    Raises:
        ProblemError: it is no form, has no file or more than one, is too large or too slow.
    """
    if not _is_form(request):
        raise ProblemError(
            "not-a-form",
            "The body must be multipart/form-data with the film in its field `file`.",
            hint="With curl: -F file=@film.png",
        )
    try:
        return await _film_of(request, max_bytes, body_bytes, seconds)
    except TimeoutError as exc:
        raise ProblemError(
            "slow-upload",
            f"The film did not arrive within {seconds:g} seconds, or it came slower than "
            f"{BYTES_A_SECOND / 1e3:g} kB a second for more than {FIRST_SECONDS:g} seconds.",
            hint="Send it again over a faster line.",
        ) from exc
    except ClientDisconnect as exc:
        raise ProblemError("form", "The body ended before the form did.") from exc


def _is_form(request: Request) -> bool:
    return request.headers.get("content-type", "").lower().startswith("multipart/form-data")


def _too_large(max_bytes: int) -> ProblemError:
    return ProblemError(
        "too-large",
        f"The film has more than the {max_bytes / 1e6:,.3g} MB that it may have.",
        hint="Save it smaller, as PNG or JPEG.",
    )


def _no_form() -> ProblemError:
    return ProblemError(
        "form",
        f"The body is not a whole form of one file and at most {_MOST_FIELDS} short fields.",
        hint="With curl: -F file=@film.png",
    )


async def _film_of(request: Request, max_bytes: int, body_bytes: int, seconds: float) -> bytes:
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > body_bytes:
        raise _too_large(max_bytes)
    in_time = _in_time(request.stream(), seconds)
    counted = _counted(in_time, max_bytes, body_bytes)
    parser = _InMemory(request.headers, counted, max_files=1, max_fields=_MOST_FIELDS)
    try:
        form = await parser.parse()
    except MultiPartException as exc:
        raise _no_form() from exc
    if not parser.whole:
        await form.close()
        raise _no_form()
    files = [file for file in form.getlist(FIELD) if isinstance(file, UploadFile)]
    if not files:
        await form.close()
        raise ProblemError(
            "request",
            f"The form must have a file in its field `{FIELD}`, but it has none.",
            hint="With curl: -F file=@film.png",
        )
    payload = await files[0].read()
    await form.close()
    if len(payload) > max_bytes:
        raise _too_large(max_bytes)
    return payload


async def _counted(
    stream: AsyncIterator[bytes], max_bytes: int, most: int
) -> AsyncGenerator[bytes, None]:
    """Pass the body on until it is too large, whatever was declared."""
    seen = 0
    async for chunk in stream:
        seen += len(chunk)
        if seen > most:
            raise _too_large(max_bytes)
        yield chunk


async def _in_time(stream: AsyncIterator[bytes], seconds: float) -> AsyncGenerator[bytes, None]:
    """Pass the body on as long as it comes fast enough.

    Raises:
        TimeoutError: it does not.
    """
    begun, seen = asyncio.get_running_loop().time(), 0
    while True:
        due = begun + min(seconds, FIRST_SECONDS + seen / BYTES_A_SECOND)
        try:
            async with asyncio.timeout_at(due):
                chunk = await anext(stream)
        except StopAsyncIteration:
            return
        seen += len(chunk)
        yield chunk
