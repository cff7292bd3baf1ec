"""Audit a film set with everything that is at hand, and keep what was found beside it."""

from collections.abc import Callable

from cnn_core.data.films.store import FilmStore
from cnn_core.results.films import FilmProgress, FilmSet
from cnn_core.results.xray_audit import XrayAudit
from cnn_core.runtime.film_embeddings import film_embeddings
from cnn_core.runtime.kept_audits import keep_audit
from cnn_core.runtime.xray_runs import film_store
from cnn_core.settings import Settings
from cnn_core.xray.audit import audit_films


def audited(
    settings: Settings,
    film_set: FilmSet,
    *,
    model_auroc: float | None = None,
    seed: int = 0,
    progress: Callable[[FilmProgress], None] = lambda _: None,
) -> XrayAudit:
    """Return the audit of a film set, made now; that of seed 0 is kept, in an earlier one's place.

    Crops and turned copies are looked for where the weights of EfficientNet-Lite0 are at hand.

    Args:
        settings: say where films and weights are.
        film_set: of the film store.
        model_auroc: see `cnn_core.xray.audit.audit_films`.
        seed: of folds and draws; another one shows how far the figures depend on it.
        progress: is told how far it is.

    Raises:
        DataError: the films cannot be audited, in a sentence.
        StorageError: the audit cannot be kept.
        WeightsError: the weights that are here are damaged.
    """
    store: FilmStore = film_store(settings)
    embeddings = film_embeddings(settings, store, film_set, progress=progress)
    audit = audit_films(
        film_set,
        store,
        embeddings=embeddings,
        model_auroc=model_auroc,
        seed=seed,
        progress=progress,
    )
    if seed == 0:
        keep_audit(store, audit)
    return audit
