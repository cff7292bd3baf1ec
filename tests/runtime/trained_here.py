"""A run trained in this process, as the terminal does it, with what it said on the way."""

from cnn_core.runtime import queue
from cnn_core.runtime.execute import execute


def trained_here(store, request, *, on_event=None, stop=None):
    """Queue, claim and execute a request; return the run's record and its events."""
    run_id = store.create(request)[0].id
    queue.claim(store, run_id=run_id)
    record = execute(store, run_id, on_event=on_event, stop=stop)
    return record, [event for _, event in store.events(run_id)]
