"""The model card of a network taken away: what it is, what it saw, how good it is, in Markdown.

After Mitchell et al. (2019), "Model cards for model reporting", FAT*, arXiv:1810.03993, section 4.
Every sentence is computed from the run. Pure, and free of torch; what comes from outside (names of
classes and pictures) is escaped.
"""

import string
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cnn_core.charts.wording import percent, plural
from cnn_core.data.pictures.decisions import decided
from cnn_core.models.model_row import ModelRow
from cnn_core.results.inspection import WeightsState
from cnn_core.results.judgement import Judgement, PartScore
from cnn_core.results.markdown import plain_markdown
from cnn_core.results.pictures import PARTS, Part, Plan, Snapshot
from cnn_core.results.runs import RunRecord
from cnn_core.runtime.card_tables import (
    PART_NAMES,
    class_scores_table,
    counts_table,
    files_table,
    interval_text,
    scores_table,
)
from cnn_core.runtime.loading_code import loading_code

TEMPLATE = Path(__file__).with_name("take_away_files") / "MODEL_CARD.md.txt"
_MODES = {
    "frozen": "only the new layers were trained, the rest stayed as it was",
    "last-block": "the last block and the new layers were trained, the rest stayed as it was",
    "all": "all layers were trained",
    "scratch": "all layers were trained, from random weights",
}
_MOST_DECISIONS = 100


@dataclass(frozen=True, kw_only=True)
class CardFacts:
    """What a card is written from.

    Attributes:
        record: the run.
        command: trains it again.
        plan: what it saw.
        snapshot: of which pictures.
        judgement: how good it is.
        row: the network before it was fine-tuned.
        base: the weights that it began with; None from scratch.
        parameters: of the whole network.
        files: size and SHA-256 of the files beside the card, by name.
        parity: pictures, largest difference of a probability and of a logit.
        parity_part: of which part these pictures are.
    """

    record: RunRecord
    command: str
    plan: Plan
    snapshot: Snapshot
    judgement: Judgement
    row: ModelRow
    base: WeightsState | None
    parameters: int
    files: Mapping[str, tuple[int, str]]
    parity: tuple[int, float, float]
    parity_part: Part


def model_card(facts: CardFacts) -> str:
    """Return the card, Markdown."""
    record = facts.record
    pictures, probabilities, logits = facts.parity
    commit = record.provenance.get("commit", "")
    return string.Template(TEMPLATE.read_text("utf-8")).substitute(
        title=plain_markdown(f"{facts.row.title} on {facts.plan.title}"),
        summary=_summary(facts),
        parity_pictures=pictures,
        parity_part=PART_NAMES[facts.parity_part],
        parity_probabilities=f"{probabilities:.1e}",
        parity_logits=f"{logits:.1e}",
        loading=_indented(loading_code(facts.row, record.config.head, len(facts.plan.classes))),
        data=_data(facts),
        counts=counts_table(facts.plan),
        decisions=_decisions(facts),
        notes=_bullets(facts.plan.notes) or "All pictures that were left are in one part.",
        network=_network(facts),
        recipe=_recipe(record),
        command=facts.command,
        scores=scores_table(facts.judgement),
        classes=class_scores_table(_last(facts.judgement)),
        baselines=_bullets([each.sentence for each in facts.judgement.baselines]),
        reading=_bullets([f"{s.text} {s.advice}".strip() for s in facts.judgement.reading]),
        limits=_bullets(_limits(facts)),
        licences=_bullets(_licences(facts)),
        files=files_table(facts.files),
        commit=f" ({plain_markdown(commit)})" if commit else "",
        date=time.strftime("%Y-%m-%d", time.gmtime()),
    )


def _last(judgement: Judgement) -> PartScore:
    """The score that says most of pictures never seen: of "test" where there is one."""
    return max(judgement.scores, key=lambda score: PARTS.index(score.part))


def _bullets(sentences: Sequence[str]) -> str:
    return "\n".join(f"* {plain_markdown(sentence)}" for sentence in sentences)


def _indented(text: str) -> str:
    return "\n".join(f"    {line}".rstrip() for line in text.splitlines())


def _summary(facts: CardFacts) -> str:
    score = _last(facts.judgement)
    names = ", ".join(plain_markdown(name) for name in facts.plan.classes)
    count = len(facts.plan.classes)
    return (
        f"It says which of {count} {'classes' if count > 1 else 'class'} a picture shows: {names}. "
        f"{score.correct:,} of {score.size:,} {PART_NAMES[score.part]} pictures are right "
        f"({percent(score.accuracy)}, 95 % interval {interval_text(score.interval)})."
    )


def _data(facts: CardFacts) -> str:
    snapshot = facts.snapshot
    sentences = [
        f"{len(snapshot.pictures):,} pictures named {snapshot.title!r} (snapshot "
        f"{snapshot.id[:12]}), of which {len(facts.plan.pictures):,} were used."
    ]
    if snapshot.synthetic:
        sentences.append("They are synthetic: drawn by a program.")
    if snapshot.citation:
        sentences.append(f"Where they are from: {snapshot.citation}.".replace("..", "."))
    if snapshot.rejected:
        files = plural(len(snapshot.rejected), "file")
        sentences.append(f"{files} could not be used as pictures.")
    grouped = (
        "Near-duplicates stand on one side of the split."
        if facts.plan.grouped
        else "Near-duplicates were let stand on both sides of the split, on purpose: the scores "
        "flatter."
    )
    return plain_markdown(" ".join([*sentences, f"Split with seed {facts.plan.seed}.", grouped]))


def _decisions(facts: CardFacts) -> str:
    found = decided(facts.snapshot, facts.plan.decisions)
    if not found:
        return "No picture was excluded or given another class by hand."
    excluded = sum(decision.action == "exclude" for decision in found.values())
    lines = []
    for place, decision in sorted(found.items())[:_MOST_DECISIONS]:
        picture = facts.snapshot.pictures[place]
        what = "excluded" if decision.action == "exclude" else f"now {decision.label}"
        lines.append(f"{picture.label}: {picture.name}: {what}")
    more = len(found) - len(lines)
    said = (
        f"By hand, {excluded:,} of the pictures {'was' if excluded == 1 else 'were'} excluded and "
        f"{len(found) - excluded:,} given another class:\n\n{_bullets(lines)}"
    )
    return f"{said}\n* and {more:,} more" if more else said


def _network(facts: CardFacts) -> str:
    row, config = facts.row, facts.record.config
    began = "It began with random weights." if facts.base is None else facts.base.sentence
    return plain_markdown(
        f"{row.title} with {facts.parameters:,} parameters; head: {config.head}; "
        f"{_MODES.get(config.mode, 'all layers were trained')}. {began} Input: the short side of "
        f"the picture becomes {row.resize} pixels, the middle {row.input_size} x {row.input_size} "
        f"are cut out, scaled to 0..1, less the mean {row.mean}, by the standard deviation "
        f"{row.std}. Paper: {row.citation}."
    )


def _recipe(record: RunRecord) -> str:
    config = record.config
    versions = ", ".join(
        f"{name} {record.provenance[name]}"
        for name in ("python", "torch", "torchvision", "processor")
        if record.provenance.get(name)
    )
    return plain_markdown(
        f"{record.epochs_done} epochs of {config.epochs} asked for, batches of "
        f"{config.batch_size}, {config.optimizer} at {config.learning_rate:g} ({config.schedule}), "
        f"seed {config.seed}; {record.total_seconds:.0f} s on {record.device}"
        f"{f' ({versions})' if versions else ''}. The weights are those of the epoch that was best "
        "on the validation pictures. The command trains it again:"
    )


def _limits(facts: CardFacts) -> list[str]:
    score, plan = _last(facts.judgement), facts.plan
    count = len(plan.classes)
    limits = [
        f"It knows these {count} classes alone: a picture of anything else is given to one of them "
        "too, and the probabilities add up to 1 all the same.",
        "The scores hold for pictures that are taken like those it was trained on.",
        f"{score.size:,} {PART_NAMES[score.part]} pictures say no more than that its accuracy "
        f"lies between {interval_text(score.interval).replace(' to ', ' and ')} (95 % interval).",
    ]
    if score.part == "valid":
        limits.append(
            "There were no test pictures: the validation pictures also chose the epoch, so that "
            "their score flatters a little."
        )
    if facts.record.config.precision != "float32":
        limits.append(
            f"The scores were computed in the run's precision ({facts.record.config.precision}; "
            "auto is bfloat16 where the processor computes in it), the files here compute in "
            "float32: an answer that was close can differ."
        )
    if facts.snapshot.synthetic:
        limits.append("It has seen drawn pictures alone: of photos nothing is known.")
    smallest = min(range(count), key=plan.labels.count)
    limits.append(
        f"The smallest class, {plan.classes[smallest]}, has {plan.labels.count(smallest):,} "
        "pictures in all."
    )
    return limits


def _licences(facts: CardFacts) -> list[str]:
    lines = [f"Architecture: {facts.row.licence}."]
    if facts.base is not None:
        lines.append(
            f"Weights that it began with: {facts.base.licence or 'not known'} (SHA-256 "
            f"{facts.base.sha256})."
        )
    lines.append(f"Pictures: {facts.snapshot.licence or 'not stated by whoever brought them'}.")
    return lines
