"""Counter-experiments: one change, run beside what is there with the same seeds.

What belongs to a counter-experiment is on record with its runs (`provenance`): `counter_of` is the
group that it answers to, `change` what was changed. An equal run that is there already is not run
again; it is marked as belonging to it too. The runs without the change are those with the
configuration of the group, wherever they were started.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from cnn_core.errors import DataError
from cnn_core.results.config import TrainConfig
from cnn_core.results.pictures import Selection
from cnn_core.results.runs import RunRecord
from cnn_core.results.studied import Studied
from cnn_core.results.verdict import CHANGES, ChangeKind, Proposal
from cnn_core.results.xray_plan import FilmSelection
from cnn_core.runtime.database import connect
from cnn_core.runtime.devices import known_devices
from cnn_core.runtime.groups import create_group
from cnn_core.runtime.picture_runs import read_plan
from cnn_core.runtime.rows import new_run_id, record_from_row
from cnn_core.runtime.store import RunRequest, RunStore
from cnn_core.runtime.submit import build_request
from cnn_core.runtime.xray_runs import FILM_SET
from cnn_core.settings import Settings
from cnn_core.training.recipes import FILMS, OWN_PICTURES

_OF, _CHANGE = "counter_of", "change"
SETTLED = ("queued", "running", "finished", "diverged")
"""Statuses of runs whose repetition would give the same."""


@dataclass(frozen=True, kw_only=True)
class Counter:
    """One change that was tried.

    Attributes:
        change: what was changed.
        config: with the change, of the first seed.
        before: the runs without it that are here, by seed, of the seeds that `after` has.
        after: the runs with it, by seed.
    """

    change: ChangeKind
    config: TrainConfig
    before: tuple[RunRecord, ...]
    after: tuple[RunRecord, ...]


def pair_requests(
    settings: Settings,
    store: RunStore,
    studied: Studied,
    proposal: Proposal,
    *,
    seeds: Sequence[int],
    owner: str,
    device: str = "auto",
) -> list[RunRequest]:
    """Return what must be run so that `seeds` are there without the change and with it.

    Args:
        settings: for the homes.
        store: equal runs in it are left out.
        studied: the runs without the change; of a recording, the data that is here is taken.
        proposal: the change.
        seeds: at least one.
        owner: digest of the owner's token.
        device: "auto" is that of `studied`, where it is here.

    Returns:
        The missing runs without the change, then those with it; [] where all are there.

    Raises:
        ConfigError, UnknownNameError, DataError, WeightsError, StorageError: as
            `submit.build_request`; the pictures have changed since.
    """
    changed = _changed(settings, studied, proposal, seeds, owner, device)
    plain = _plain(settings, store, studied, seeds, owner, device)
    return plain + _missing(store, changed)


def start_counter(
    settings: Settings,
    store: RunStore,
    studied: Studied,
    proposal: Proposal,
    *,
    seeds: Sequence[int],
    owner: str,
    device: str = "auto",
) -> Counter:
    """Queue `pair_requests`; mark equal runs that are there; return the counter-experiment.

    Raises:
        CnnLabError: as `pair_requests`.
    """
    base = studied.records[0]
    changed = _changed(settings, studied, proposal, seeds, owner, device)
    plain = _plain(settings, store, studied, seeds, owner, device)
    for request in changed:
        same = _settled(store, request.same_key)
        if same is not None and same.provenance.get(_OF) != base.group:
            store.add_provenance(same.id, _marked(base.group), proposal.kind)
    if requests := plain + _missing(store, changed):
        create_group(store, requests)
    wanted = replace(proposal.config, seed=0)
    return next(
        each for each in counters_of(store, studied) if replace(each.config, seed=0) == wanted
    )


def counters_of(store: RunStore, studied: Studied) -> list[Counter]:
    """Return the changes to `studied` that were tried here, the newest first."""
    bases = {studied.id} | {name for run in studied.records for name in (run.group, run.id)}
    with connect(store.database) as db:
        rows = db.execute(
            "SELECT * FROM runs WHERE deleted IS NULL AND provenance LIKE ? ORDER BY created",
            (f"%{_OF}%",),
        ).fetchall()
    tried: dict[TrainConfig, tuple[ChangeKind, dict[int, RunRecord]]] = {}
    for run in map(record_from_row, rows):
        change = _change_of(run, bases)
        if change is not None:
            kind, after = tried.pop(replace(run.config, seed=0), (change, {}))
            after[run.config.seed] = run
            tried[replace(run.config, seed=0)] = (kind, after)  # the newest comes last
    return [
        Counter(
            change=change,
            config=min(after.items())[1].config,
            before=tuple(
                found
                for _, run in sorted(after.items())
                if (found := _without(store, studied, run)) is not None
            ),
            after=tuple(run for _, run in sorted(after.items())),
        )
        for change, after in reversed(tried.values())
    ]


def _plain(
    settings: Settings,
    store: RunStore,
    studied: Studied,
    seeds: Sequence[int],
    owner: str,
    device: str,
) -> list[RunRequest]:
    """Return a request without the change for each seed that is not there."""
    base, here = studied.records[0], studied.recording is None
    have = {run.config.seed for run in studied.records if here and run.status in SETTLED}
    requests = [
        _request(settings, studied, replace(base.config, seed=seed), owner, device)
        for seed in dict.fromkeys(seeds)
        if seed not in have
    ]
    group = base.group if here and base.owner == owner else _group(base, requests)
    return [replace(each, preset=base.preset, group=group) for each in _missing(store, requests)]


def _changed(
    settings: Settings,
    studied: Studied,
    proposal: Proposal,
    seeds: Sequence[int],
    owner: str,
    device: str,
) -> list[RunRequest]:
    """Return a request with the change for each seed, whether such a run is there or not."""
    base = studied.records[0]
    marks = {_OF: base.group, _CHANGE: proposal.kind}
    requests = [
        _request(settings, studied, replace(proposal.config, seed=seed), owner, device)
        for seed in dict.fromkeys(seeds)
    ]
    group = _group(base, requests)
    return [
        replace(
            each,
            group=group,
            name=_name(base, each.config.seed, proposal.kind.replace("-", " ")),
            provenance=each.provenance | marks,
        )
        for each in requests
    ]


def _request(
    settings: Settings, studied: Studied, config: TrainConfig, owner: str, device: str
) -> RunRequest:
    """Return a checked request on the pictures of `studied`."""
    base, here = studied.records[0], studied.recording is None
    known = {each.id for each in known_devices(settings.runs)}
    own = base.dataset.source in (OWN_PICTURES, FILMS)
    selection: Selection | FilmSelection | None = None
    folder = None
    if base.dataset.source == FILMS:  # what was acknowledged for the run holds for its like
        selection = FilmSelection(
            film_set=base.provenance.get(FILM_SET, ""),
            folds=base.config.folds,
            acknowledged=True,
        )
    elif own:
        plan = read_plan(base.dataset)
        selection = Selection(
            snapshot=plan.snapshot, decisions=plan.decisions, grouped=plan.grouped
        )
    elif here and base.dataset.location:
        folder = Path(base.dataset.location)
    request = build_request(
        settings,
        recipe=base.recipe,
        preset="custom",
        config=config,
        owner=owner,
        device=base.device if device == "auto" and here and base.device in known else device,
        source=None if own else base.dataset.source,
        folder=folder,
        name=_name(base, config.seed),
        selection=selection,
    )
    if here and not own and request.dataset.fingerprint != base.dataset.fingerprint:
        raise DataError(
            f"The pictures of {base.dataset.name} have changed since {base.name} was trained.",
            hint="Train it again with the data as it is now, then try the change.",
        )
    return request


def _name(base: RunRecord, seed: int, change: str = "") -> str:
    """Return what a run is called: as the base, with the change and its own seed."""
    stem = base.name.removesuffix(f", seed {base.config.seed}")
    return ", ".join(filter(None, (stem, change, f"seed {seed}")))


def _group(base: RunRecord, requests: Sequence[RunRequest]) -> str:
    return new_run_id(base.recipe) if len(requests) > 1 else ""


def _missing(store: RunStore, requests: Sequence[RunRequest]) -> list[RunRequest]:
    return [each for each in requests if _settled(store, each.same_key) is None]


def _settled(store: RunStore, same_key: str) -> RunRecord | None:
    """Return the newest run with this key whose repetition would bring nothing new."""
    marks = ", ".join("?" * len(SETTLED))
    with connect(store.database) as db:
        row = db.execute(
            f"SELECT * FROM runs WHERE same_key = ? AND deleted IS NULL AND status IN ({marks}) "
            "ORDER BY created DESC",
            (same_key, *SETTLED),
        ).fetchone()
    return None if row is None else record_from_row(row)


def _marked(group: str) -> str:
    """Return under which name a run that was there before is marked."""
    return f"{_OF} {group}"


def _change_of(run: RunRecord, bases: set[str]) -> ChangeKind | None:
    """Return what the run changes about one of `bases`, None if it is not about them."""
    found = run.provenance.get(_CHANGE) if run.provenance.get(_OF) in bases else None
    found = next(
        (run.provenance[_marked(base)] for base in bases if _marked(base) in run.provenance), found
    )
    return found if found in CHANGES else None


def _without(store: RunStore, studied: Studied, after: RunRecord) -> RunRecord | None:
    """Return the run without the change that `after` is compared with, None if it is not here."""
    seed = after.config.seed
    own = [run for run in studied.records if run.config.seed == seed]
    settled = [run for run in own if run.status in SETTLED]
    if settled and studied.recording is None:
        return settled[-1]
    base = studied.records[0]
    request = RunRequest(
        recipe=base.recipe,
        preset=base.preset,
        config=replace(base.config, seed=seed),
        dataset=after.dataset,
        device=base.device,
        owner=base.owner,
        provenance={},
    )
    same = _settled(store, request.same_key)
    return own[-1] if same is None and own and studied.recording is None else same
