"""The page /docs: what can be asked, made of the OpenAPI description, without a script.

FastAPI's own pages load theirs from elsewhere; this one works on a machine without a network.
"""

import jinja2
from fastapi import FastAPI
from starlette.responses import HTMLResponse

from cnn_core.results.xray_plan import STATEMENT

TEMPLATE = "description.html.j2"


def add_description(app: FastAPI) -> None:
    """Add the page to an application that has all its other routes."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("cnn_core.serving"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )

    async def description() -> HTMLResponse:
        page = environment.get_template(TEMPLATE)
        return HTMLResponse(page.render(api=app.openapi(), statement=STATEMENT))

    app.get("/docs", include_in_schema=False)(description)
