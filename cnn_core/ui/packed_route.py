"""Serves a packed network as a file, piece by piece: it may be larger than the server's memory.

`st.download_button` would hold all of it. A browser can resume a download that broke off (ranges).
"""

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from cnn_core.errors import CnnLabError
from cnn_core.settings import Settings
from cnn_core.ui.login import file_key, may_fetch


def packed_url(run_id: str) -> str:
    """Return where a run's zip is served, relative to a page of the app."""
    path = f"take-away/{run_id}.zip"
    key = file_key(path)
    return f"{path}?key={key}" if key else path


def _serve(request: Request) -> Response:
    """Answer with the zip, or with 403 or 404 and a sentence. Runs in a thread of Starlette's."""
    asked = f"take-away/{request.path_params['run_id']}.zip"
    if not may_fetch(asked, request.query_params.get("key", "")):
        said = "This link is no longer valid. Open the run in the app and download it there."
        return PlainTextResponse(said, status_code=403)
    # not at the server's start, which waits for nothing that a page needs later
    from cnn_core.runtime.take_away import zip_name, zip_path
    from cnn_core.runtime.try_pictures import find_own_run

    settings = Settings.from_environment()
    try:
        record = find_own_run(settings, request.path_params["run_id"])
    except CnnLabError as error:
        return PlainTextResponse(f"{error.message} {error.hint}".strip(), status_code=404)
    path = zip_path(settings, record.id)
    if not path.exists():
        return PlainTextResponse("This network has not been packed yet.", status_code=404)
    return FileResponse(path, media_type="application/zip", filename=zip_name(record))


PACKED_ROUTE = Route("/take-away/{run_id}.zip", _serve)
