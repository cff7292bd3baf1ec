"""What can be asked: a film, the model, and how the service is."""

import asyncio
import hmac
from typing import Annotated

from fastapi import Depends, FastAPI, Query, Request, Response
from fastapi.security import APIKeyHeader
from starlette.responses import JSONResponse

from cnn_core.errors import CnnLabError, PictureError
from cnn_core.results.triage import Asked
from cnn_core.results.xray_plan import STATEMENT
from cnn_core.serving import metrics
from cnn_core.serving.config import MOST_NEAREST, MOST_VIEWS
from cnn_core.serving.problems import ProblemError
from cnn_core.serving.schemas import FORM, HEALTH, MODEL, PREDICTION, problems, reply
from cnn_core.serving.service import Answer, Served, Service, model_reply
from cnn_core.serving.uploads import read_film

PATHS = frozenset(
    ("/v1/predict", "/v1/model", "/healthz", "/readyz", "/metrics", "/docs", "/openapi.json")
)
_key = APIKeyHeader(name="X-API-Key", auto_error=False, description="where the service asks for it")


async def _may_ask(request: Request, given: Annotated[str | None, Depends(_key)]) -> None:
    """Compare the key in a time that does not tell how much of it is right."""
    config = _service(request).config
    asked = config.api_key
    if asked and not hmac.compare_digest((given or "").encode(), asked.encode()):
        raise ProblemError(
            "key",
            "The header X-API-Key is missing, or it is another key.",
            hint="Ask whoever runs the service for the key.",
            headers={"WWW-Authenticate": 'ApiKey header="X-API-Key"'},
        )


def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


def add_routes(app: FastAPI) -> None:
    """Add all of them to an application whose state has the service."""
    guarded = [Depends(_may_ask)]
    app.post(
        "/v1/predict",
        summary="What the model says of one film",
        dependencies=guarded,
        openapi_extra=FORM,
        responses={
            200: reply("the decision, its reasons, and what was asked for beside it", PREDICTION),
            **problems(400, 401, 408, 413, 415, 422, 429, 500, 503, 504),
        },
    )(predict)
    app.get(
        "/v1/model",
        summary="The model that answers",
        dependencies=guarded,
        responses={200: reply("what it is and what was measured", MODEL), **problems(401, 500)},
    )(model)
    app.get(
        "/metrics",
        summary="Figures for Prometheus",
        dependencies=guarded,
        response_class=Response,
        responses={200: {"content": {metrics.MEDIA_TYPE: {}}}, **problems(401, 500)},
    )(figures)
    app.get(
        "/healthz",
        summary="Whether the process answers",
        responses={200: reply("it does", HEALTH), **problems(500)},
    )(healthy)
    app.head("/healthz", include_in_schema=False)(healthy)
    app.get(
        "/readyz",
        summary="Whether films may be sent here",
        responses={200: reply("they may", HEALTH), **problems(500, 503)},
    )(ready)
    app.head("/readyz", include_in_schema=False)(ready)


async def predict(
    request: Request,
    heat: Annotated[bool, Query(description="a heat map, as a PNG in base64")] = False,
    views: Annotated[
        int, Query(ge=0, le=MOST_VIEWS, description="altered views, for the spread of the score")
    ] = 0,
    nearest: Annotated[int, Query(ge=0, le=MOST_NEAREST, description="nearest training films")] = 0,
) -> Response:
    """Answer about the film in the form's field "file": PNG, JPEG or DICOM, whatever its name.

    It is held in memory while it is worked on, and by nothing after.
    """
    service = _service(request)
    config, places = service.config, service.places
    if not places.take():
        raise ProblemError(
            "full",
            f"All {config.places} places of this service are taken.",
            hint="Send the film again after the seconds that Retry-After says.",
            headers={"Retry-After": str(places.retry_after())},
        )
    served = service.served
    try:
        payload = await read_film(
            request,
            max_bytes=config.max_bytes,
            body_bytes=config.body_bytes,
            seconds=config.seconds,
        )
    except BaseException:
        places.give_back()
        raise
    answer = await _answer(service, served, payload, Asked(heat=heat, views=views, nearest=nearest))
    return JSONResponse(answer.body | {"request_id": request.state.request_id})


async def _answer(service: Service, served: Served, payload: bytes, asked: Asked) -> Answer:
    """Wait for the answer as long as it may take; what waits in vain is never begun."""
    try:
        future = service.submit(served, payload, asked)
    except RuntimeError as exc:
        service.places.give_back()
        raise ProblemError("not-ready", "The service is stopping.") from exc
    try:
        with service.metrics.answer_seconds.time():
            async with asyncio.timeout(service.config.seconds):
                return await asyncio.wrap_future(future)
    except TimeoutError as exc:
        raise ProblemError(
            "time",
            f"The film was not answered within {service.config.seconds:g} seconds.",
            hint="Send it again later, or smaller.",
        ) from exc
    except PictureError as exc:
        raise ProblemError("film", exc.message, hint=exc.hint) from exc
    except CnnLabError as exc:
        raise ProblemError("not-ready", exc.message, hint=exc.hint) from exc


async def model(request: Request) -> Response:
    """Say which model answers, what it was trained on, and what was found of it."""
    return JSONResponse(model_reply(_service(request).served))


async def figures(request: Request) -> Response:
    """Give the service's figures."""
    return Response(_service(request).metrics.text(), media_type=metrics.MEDIA_TYPE)


async def healthy() -> Response:
    """Say that the process answers."""
    return JSONResponse({"status": "ok", "statement": STATEMENT})


async def ready(request: Request) -> Response:
    """Say whether films may be sent here.

    No from the moment that the service is to stop, and while nothing can read films: since nobody
    sends any then, it is tried here whether it can again.
    """
    service = _service(request)
    await asyncio.to_thread(service.recover)
    reason = service.not_ready
    if reason:
        raise ProblemError("not-ready", reason, headers={"Retry-After": "5"})
    return JSONResponse({"status": "ready", "statement": STATEMENT})
