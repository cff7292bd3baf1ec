"""What the server does once, when it starts, so that no visit has to wait for it.

`app.py` hands `prepare_visits` to Streamlit, which runs it before the server answers its first
request. The page files themselves stay scripts: Streamlit runs them, a visit at a time.
"""

import contextlib
import gc
import importlib
import inspect
import logging
import os
import socket
from collections.abc import AsyncIterator

import psutil
import streamlit as st

from cnn_core.errors import CnnLabError
from cnn_core.runtime.log_retention import keep_retention
from cnn_core.runtime.xray_runs import film_store
from cnn_core.ui.lab import laboratory

_logger = logging.getLogger(__name__)

# What the pages draw with: half a second of imports, most of it pandas and plotly.
PAGE_MODULES = (
    "cnn_core.ui.curves.page",
    "cnn_core.ui.googlenet.page",
    "cnn_core.ui.googlenet.mistakes",
    "cnn_core.ui.googlenet.recorded",
    "cnn_core.ui.home",
    "cnn_core.ui.inspector.page",
    "cnn_core.ui.lenet5.page",
    "cnn_core.ui.lenet5.recorded",
    "cnn_core.ui.lenet5.your_digit",
    "cnn_core.ui.lenet_explorer.page",
    "cnn_core.ui.lenet_explorer.tables",
    "cnn_core.ui.monitoring.page",
    "cnn_core.ui.monitoring.traffic",
    "cnn_core.ui.own_pictures.page",
    "cnn_core.ui.own_pictures.browse",
    "cnn_core.ui.own_pictures.decided",
    "cnn_core.ui.own_pictures.doctor",
    "cnn_core.ui.own_pictures.pictures",
    "cnn_core.ui.own_pictures.result",
    "cnn_core.ui.own_pictures.split",
    "cnn_core.ui.own_pictures.take_away",
    "cnn_core.ui.own_pictures.training",
    "cnn_core.ui.own_pictures.try_it",
    "cnn_core.ui.runs.page",
    "cnn_core.ui.training.group",
    "cnn_core.ui.training.live",
    "cnn_core.ui.training.mistakes",
    "cnn_core.ui.triage.page",
    "cnn_core.ui.xray.page",
    "cnn_core.ui.xray.audit_figures",
    "cnn_core.ui.xray.films",
    "cnn_core.ui.xray.folds",
    "cnn_core.ui.xray.protocols",
    "cnn_core.ui.xray.results",
    "cnn_core.ui.xray.train",
)


@contextlib.asynccontextmanager
async def prepare_visits(app: st.App) -> AsyncIterator[None]:
    """Import what the pages draw with, open the laboratory, and have answers sent without delay.

    Runs that were waiting when the last server ended start now, before anybody looks.

    Args:
        app: the app that is starting; its runtime exists by now, which the components of
            `cnn_core.ui` need when they are imported.
    """
    send_small_answers_at_once()
    for name in PAGE_MODULES:
        import_page(name)
    with contextlib.suppress(CnnLabError):  # a page says it when it needs the runs
        film_store(laboratory().settings).pictures.sweep()  # what the last server was sent
    with contextlib.suppress(CnnLabError):
        keep_retention(laboratory().settings)  # the prediction log's, whoever comes or not
    inspect.stack()  # Streamlit asks it who draws the first element: 0.1 s, then remembered
    gc.collect()
    gc.freeze()  # every later collection is as fast as if these modules were not there
    yield


def import_page(name: str) -> None:
    """Import a module; what keeps one page from being drawn keeps no server from starting."""
    try:
        importlib.import_module(name)
    except Exception:  # the visit of that page says it, inside the error boundary
        _logger.exception("%s cannot be imported", name)


def send_small_answers_at_once() -> int:
    """Set TCP_NODELAY on the sockets this process listens on; connections inherit it.

    Streamlit makes its socket with protocol 0, for which asyncio leaves Nagle's algorithm on
    (https://github.com/Kludex/uvicorn/issues/3149 is the same fault). Every file of the page, and
    every message to it, then waits 40 ms for the browser's delayed acknowledgement.

    Returns:
        How many sockets were set: 0 where the system does not tell a process its own sockets.
    """
    listening = [
        connection.fd
        for connection in psutil.Process().net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN and connection.fd >= 0
    ]
    for descriptor in listening:
        with socket.socket(fileno=os.dup(descriptor)) as listener:
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return len(listening)
