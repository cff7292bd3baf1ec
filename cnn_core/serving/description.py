"""The page /docs: what can be asked, made of the OpenAPI description, without a script.

FastAPI's own pages load theirs from elsewhere; this one works on a machine without a network.
"""

import re

import jinja2
from fastapi import FastAPI, Request
from starlette.responses import HTMLResponse

from cnn_core.results.xray_plan import STATEMENT

TEMPLATE = "description.html.j2"
_HOST = re.compile(r"([A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?")


def add_description(app: FastAPI) -> None:
    """Add the page to an application that has all its other routes."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("cnn_core.serving"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )

    async def description(request: Request) -> HTMLResponse:
        page = environment.get_template(TEMPLATE)
        address = address_of(request)
        return HTMLResponse(page.render(api=app.openapi(), statement=STATEMENT, address=address))

    app.get("/docs", include_in_schema=False)(description)


def address_of(request: Request) -> str:
    """Return where the service was asked, "http://HOST:PORT", to be repeated on a page.

    A header that is no plain name or address is not: then it is where the socket listens.
    """
    host = request.headers.get("host", "")
    if not _HOST.fullmatch(host):
        host = "{}:{}".format(*(request.scope.get("server") or ("localhost", "")))
    return f"{request.url.scheme}://{host}"
