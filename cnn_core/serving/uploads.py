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
_DRAIN_SECONDS = 10.0


class _InMemory(MultiPartParser):
    """Starlette's parser, which would write what is over a megabyte into the temporary folder."""

    spool_max_size = 2**40


async def read_film(request: Request, *, max_bytes: int, body_bytes: int, seconds: float) -> bytes:
    """Return the bytes of the form's field `file`.

    Args:
        request: its body not yet read.
        max_bytes: of the file.
        body_bytes: of the whole body.
        seconds: in which all of it has to come.

    Raises:
        ProblemError: it is no form, has no file or more than one, is too large or too slow.
    """
    if not _is_form(request):
        await drain(request, body_bytes)
        raise ProblemError(
            "not-a-form",
            "The body must be multipart/form-data with the film in its field `file`.",
            hint="With curl: -F file=@film.png",
        )
    try:
        async with asyncio.timeout(seconds):
            return await _film_of(request, max_bytes, body_bytes)
    except TimeoutError as exc:
        raise ProblemError(
            "slow-upload",
            f"The film did not arrive within {seconds:g} seconds.",
            hint="Send it again over a faster line.",
            headers={"Connection": "close"},
        ) from exc
    except ClientDisconnect as exc:
        raise ProblemError("form", "The body ended before the form did.") from exc


async def drain(request: Request, most: int) -> None:
    """Read and forget what a refused caller still sends, at most so many bytes.

    Who is answered while it sends may see a broken connection in the place of the answer. A caller
    who asked first (`Expect: 100-continue`) has sent nothing yet.
    """
    if request.headers.get("expect", "").lower() == "100-continue":
        return
    try:
        async with asyncio.timeout(_DRAIN_SECONDS):
            left = most
            async for chunk in request.stream():
                left -= len(chunk)
                if left < 0:
                    return
    except (TimeoutError, ClientDisconnect):
        return


def _is_form(request: Request) -> bool:
    return request.headers.get("content-type", "").lower().startswith("multipart/form-data")


def _too_large(max_bytes: int) -> ProblemError:
    return ProblemError(
        "too-large",
        f"The film has more than the {max_bytes / 1e6:,.3g} MB that it may have.",
        hint="Save it as PNG or JPEG, or ask for a higher limit.",
        headers={"Connection": "close"},
    )


async def _film_of(request: Request, max_bytes: int, body_bytes: int) -> bytes:
    stream = request.stream()
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > body_bytes:
        if request.headers.get("expect", "").lower() != "100-continue":
            await _forget(stream, body_bytes)
        raise _too_large(max_bytes)
    parser = _InMemory(
        request.headers, _counted(stream, max_bytes, body_bytes), max_files=1, max_fields=8
    )
    try:
        form = await parser.parse()
    except MultiPartException as exc:
        await _forget(stream, body_bytes)
        raise ProblemError(
            "form", "The body is not a whole form of one file and at most eight short fields."
        ) from exc
    files = [file for file in form.getlist(FIELD) if isinstance(file, UploadFile)]
    if len(files) != 1:
        raise ProblemError(
            "request",
            f"The form must have one file in its field `{FIELD}`, but it has none.",
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
    """Pass the body on until it is too large; then read on, forget it, and refuse it."""
    seen = 0
    async for chunk in stream:
        seen += len(chunk)
        if seen > most:
            await _forget(stream, most)
            raise _too_large(max_bytes)
        yield chunk


async def _forget(stream: AsyncIterator[bytes], most: int) -> None:
    async for chunk in stream:
        most -= len(chunk)
        if most < 0:
            return
