"""`audit DIR`: what the data doctor says of a folder of pictures, and how it would be split.

The pictures are taken in first (copied into the store), so that a run on them afterwards, by the id
that is printed, reads nothing again. Returns 1 where training would be refused. With `--task xray`
the pictures are chest X-ray films, and the audit is that of a study (`cli.film_audit`).
"""

import argparse
import dataclasses
from collections import Counter

from cnn_core.cli import film_audit, own_pictures
from cnn_core.cli.output import add_json, write_json, write_line, write_table
from cnn_core.data.pictures.doctor import examine
from cnn_core.data.pictures.plan import make_plan
from cnn_core.data.pictures.store import PictureStore
from cnn_core.errors import ConfigError, DataError
from cnn_core.results.pictures import PARTS, Audit, Finding, Plan, Selection, Snapshot
from cnn_core.settings import Settings
from cnn_core.training.recipes import find_recipe

RECIPE = "vgg16-folder"
_LISTED = 5  # pictures or groups of a finding that are printed
_SEEDS = 2**31


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `audit` to the parser."""
    parser = commands.add_parser(
        "audit", help="look a folder of pictures over before training", description=__doc__
    )
    parser.add_argument(
        "data",
        metavar="DIR",
        help="a folder with a folder for each class, a zip file of one, the id of a snapshot, "
        "drawn-flowers or flowers102",
    )
    parser.add_argument(
        "--task",
        choices=("pictures", "xray"),
        default="pictures",
        help="what the pictures are for: fine-tuning (pictures), or a chest X-ray study (xray)",
    )
    own_pictures.add_options(parser)
    parser.add_argument(
        "--seed", type=int, default=0, help="of the split that is shown; of an X-ray audit's folds"
    )
    add_json(parser)
    parser.set_defaults(run=audit)


def audit(options: argparse.Namespace) -> int:
    """Print what is found; return 1 if no network could be trained on it."""
    if not 0 <= options.seed < _SEEDS:
        raise ConfigError(f"seed must be between 0 and {_SEEDS - 1}, but it is {options.seed}.")
    settings = Settings.from_environment()
    if options.task == "xray":
        return film_audit.audit(settings, options)
    selection = own_pictures.chosen_pictures(settings, options)
    snapshot = PictureStore(settings.pictures).load(selection.snapshot)
    found = examine(snapshot, selection.decisions, grouped=selection.grouped)
    plan = _plan(snapshot, selection, options.seed)
    if options.json:
        write_json(_as_json(snapshot, found, plan))
    else:
        _write(snapshot, found, plan)
    return 0 if found.trainable and plan else 1


def _plan(snapshot: Snapshot, selection: Selection, seed: int) -> Plan | None:
    """Return the split with the recipe's own shares; None where it is refused."""
    recipe = find_recipe(RECIPE)
    config = recipe.presets[recipe.default].config
    try:
        return make_plan(
            snapshot,
            selection,
            seed=seed,
            valid_share=config.validation_share,
            test_share=config.test_share,
        )
    except DataError:
        return None


def _split(plan: Plan) -> dict[str, dict[str, int]]:
    """Return how many pictures of each class each part has."""
    counts = Counter(zip(plan.labels, plan.parts, strict=True))
    return {
        name: {part: counts[label, part] for part in PARTS}
        for label, name in enumerate(plan.classes)
    }


def _as_json(snapshot: Snapshot, found: Audit, plan: Plan | None) -> dict[str, object]:
    mentioned = {place for finding in found.findings for place in finding.pictures}
    return {
        "snapshot": snapshot.id,
        "title": snapshot.title,
        "synthetic": snapshot.synthetic,
        "licence": snapshot.licence,
        "citation": snapshot.citation,
        "notes": snapshot.notes,
        "counts": found.counts,
        "part_counts": found.part_counts,
        "sizes": dataclasses.asdict(found.sizes) if found.sizes else None,
        "trainable": found.trainable,
        "findings": [dataclasses.asdict(finding) for finding in found.findings],
        "names": {str(place): snapshot.pictures[place].name for place in sorted(mentioned)},
        "rejected": [dataclasses.asdict(file) for file in snapshot.rejected],
        "split": {
            "seed": plan.seed,
            "validation_share": plan.valid_share,
            "test_share": plan.test_share,
            "classes": _split(plan),
            "notes": plan.notes,
        }
        if plan
        else None,
    }


def _write(snapshot: Snapshot, found: Audit, plan: Plan | None) -> None:
    marked = ", synthetic" if snapshot.synthetic else ""
    total = sum(found.counts.values())
    write_line(f"{snapshot.title}: {total:,} pictures{marked}, snapshot {snapshot.id[:12]}")
    if found.sizes:
        width, height, aspect = found.sizes.width, found.sizes.height, found.sizes.aspect
        write_line(
            f"width {width[0]} to {width[2]} (median {width[1]}), height {height[0]} to "
            f"{height[2]} (median {height[1]}), width by height {aspect[0]:.2f} to "
            f"{aspect[2]:.2f} (median {aspect[1]:.2f}), {found.sizes.bytes / 1e6:,.1f} MB"
        )
    for note in snapshot.notes:
        write_line(note)
    write_line()
    split = _split(plan) if plan else {}
    header = ["class", "pictures", *(("training", "validation", "test") if plan else ())]
    write_table(
        header,
        [
            [name, f"{count:,}", *(f"{split[name][part]:,}" for part in PARTS if name in split)]
            for name, count in found.counts.items()
            if count
        ],
    )
    for note in plan.notes if plan else ():
        write_line(note)
    for finding in found.findings:
        _write_finding(snapshot, finding)
    if not found.findings:
        write_line()
        write_line("Nothing stands out.")


def _write_finding(snapshot: Snapshot, finding: Finding) -> None:
    write_line()
    write_line(f"{finding.severity}: {finding.sentence} {finding.hint}")
    if finding.kind == "small-class":
        return  # all of its pictures are meant
    groups = finding.groups or tuple((place,) for place in finding.pictures)
    for group in groups[:_LISTED]:
        names = [f"{place} {snapshot.pictures[place].name}" for place in group[:_LISTED]]
        more = [f"{len(group) - _LISTED:,} more"] if len(group) > _LISTED else []
        write_line(f"  {', '.join([*names, *more])}")
    if len(groups) > _LISTED:
        write_line(f"  and {len(groups) - _LISTED:,} more (--json lists all)")
