"""The application: routes, errors of one form, and the description at /docs, all offline."""

import contextlib
from collections.abc import AsyncIterator

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from cnn_core.results.xray_plan import STATEMENT
from cnn_core.serving import routes
from cnn_core.serving.description import add_description
from cnn_core.serving.problems import ProblemError, problem_reply
from cnn_core.serving.service import Service
from cnn_core.serving.watch import Watched, internal_problem

VERSION = "1"
_DETAILS = {
    404: ("no-such-page", "There is nothing at this path.", "See /docs."),
    405: ("method", "This path does not take this method.", "See /docs."),
}


def create_app(service: Service) -> ASGIApp:
    """Return the service as an ASGI application; it starts and stops with the application."""

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        with service.running():
            yield

    app = FastAPI(
        title="CNN Lab chest X-ray triage",
        version=VERSION,
        description=STATEMENT,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        lifespan=lifespan,
        redirect_slashes=False,
    )
    app.state.service = service
    routes.add_routes(app)
    add_description(app)
    app.add_exception_handler(ProblemError, _problem)
    app.add_exception_handler(RequestValidationError, _not_understood)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _fault)
    return Watched(app, service.metrics, routes.PATHS, forgets=service.config.body_bytes)


def _reply(request: Request, problem: ProblemError) -> Response:
    service: Service = request.app.state.service
    service.metrics.problems.labels(problem.code).inc()
    return problem_reply(problem, request.state.request_id)


async def _problem(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, ProblemError)
    return _reply(request, exc)


async def _not_understood(request: Request, exc: Exception) -> Response:
    """What does not fit the description; its value is not repeated."""
    assert isinstance(exc, RequestValidationError)
    wrong = "; ".join(f"{each['loc'][-1]}: {each['msg']}" for each in exc.errors())
    return _reply(
        request, ProblemError("request", f"The request does not fit. {wrong}.", hint="See /docs.")
    )


async def _http(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, HTTPException)
    code, detail, hint = _DETAILS.get(
        exc.status_code, ("request", "The request cannot be answered.", "See /docs.")
    )
    problem = ProblemError(code, detail, hint=hint, headers=exc.headers, status=exc.status_code)
    return _reply(request, problem)


async def _fault(request: Request, exc: Exception) -> Response:
    """What is outside the error tree; `Watched` logs it, since it is raised once more."""
    return _reply(request, internal_problem(request.state.request_id))
