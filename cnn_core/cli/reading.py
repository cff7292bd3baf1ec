"""`read RUN`: what a run's curves say of its fit, what to try, and what was tried already."""

import argparse
import dataclasses

from cnn_core.cli.output import add_json, write_json, write_line
from cnn_core.results.differences import endings_sentence
from cnn_core.results.fit_verdict import fit_verdict
from cnn_core.results.runs import RunRecord
from cnn_core.results.studied import Studied
from cnn_core.results.verdict import Difference, FitVerdict, Proposal
from cnn_core.runtime import queue
from cnn_core.runtime.changes import changes_of
from cnn_core.runtime.counter import Counter, counters_of
from cnn_core.runtime.experiments import require_training
from cnn_core.runtime.export import read_history, reproduce_command
from cnn_core.runtime.groups import runs_of
from cnn_core.runtime.recorded import find_recorded
from cnn_core.runtime.store import RunStore
from cnn_core.runtime.ways import chance_of, proposals_for
from cnn_core.settings import Settings


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `read`."""
    parser = commands.add_parser(
        "read", help="what a run's curves say of its fit, and what to try", description=__doc__
    )
    parser.add_argument(
        "id", metavar="RUN", help="id of a run, of a group of seeds, or of a recorded run"
    )
    add_json(parser)
    parser.set_defaults(run=read)


def read(options: argparse.Namespace) -> int:
    """Print the verdict with its evidence, the proposals, and what came of changes tried."""
    store = RunStore(Settings.from_environment().runs)
    queue.sweep(store)
    studied = find_recorded(options.id) or _studied(store, _runs(store, options.id))
    verdict = fit_verdict(studied, chance=chance_of(studied.records[0]))
    ideas = proposals_for(studied, verdict)
    tried = [(each, *_outcome(store, each)) for each in counters_of(store, studied)]
    if options.json:
        write_json(_as_json(studied, verdict, ideas, tried))
    else:
        _print(studied, verdict, ideas, tried)
    return 0


def _runs(store: RunStore, name: str) -> list[RunRecord]:
    records = runs_of(store, name) or [store.get(name)]
    require_training(records[0])
    return records


def _studied(store: RunStore, records: list[RunRecord]) -> Studied:
    return Studied(
        records=tuple(records),
        histories=tuple(read_history(store, record.id) for record in records),
    )


def _outcome(store: RunStore, counter: Counter) -> tuple[tuple[Difference, ...], str]:
    """Return what the change did, and how the runs ended where that is not as planned."""
    if not counter.before:
        return (), "The runs without the change are not here."
    before = _studied(store, list(counter.before))
    after = _studied(store, list(counter.after))
    return changes_of(store, before, after), endings_sentence(before, after)


def _command(studied: Studied, proposal: Proposal) -> str:
    """Return what trains the change with the seeds that are there."""
    record = dataclasses.replace(studied.records[0], config=proposal.config)
    return reproduce_command(record, [run.config.seed for run in studied.records])


def _print(
    studied: Studied,
    verdict: FitVerdict,
    ideas: tuple[Proposal, ...],
    tried: list[tuple[Counter, tuple[Difference, ...], str]],
) -> None:
    recorded = " (recorded)" if studied.recording is not None else ""
    write_line(f"{studied.title}{recorded}")
    write_line(f"{verdict.kind}: {verdict.sentence}")
    for one in verdict.evidence:
        mark = "+" if one.holds else " "
        write_line(f"  {mark} {one.what}: {one.sentence}")
    for place, proposal in enumerate(ideas):
        write_line(f"{'try' if place == 0 else 'or'}: {proposal.title}. {proposal.why}")
        command = _command(studied, proposal)
        if command:
            write_line(f"  {command}")
    for counter, changes, ending in tried:
        write_line(f"tried: {counter.change}, {len(counter.after)} seeds")
        for sentence in (*([ending] if ending else []), *(each.sentence for each in changes)):
            write_line(f"  {sentence}")


def _as_json(
    studied: Studied,
    verdict: FitVerdict,
    ideas: tuple[Proposal, ...],
    tried: list[tuple[Counter, tuple[Difference, ...], str]],
) -> dict[str, object]:
    return {
        "runs": [run.id for run in studied.records],
        "title": studied.title,
        "recorded": studied.recording is not None,
        **dataclasses.asdict(verdict),
        "proposals": [
            {
                "kind": each.kind,
                "title": each.title,
                "why": each.why,
                "changes": {name: getattr(each.config, name) for name in each.changed},
                "command": _command(studied, each),
            }
            for each in ideas
        ],
        "tried": [
            {
                "change": counter.change,
                "before": [run.id for run in counter.before],
                "after": [run.id for run in counter.after],
                "ending": ending,
                "differences": [dataclasses.asdict(each) for each in changes],
            }
            for counter, changes, ending in tried
        ],
    }
