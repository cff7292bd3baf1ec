"""The tables of a model card, Markdown; names from outside are escaped."""

from collections import Counter
from collections.abc import Mapping, Sequence

from cnn_core.charts.wording import percent
from cnn_core.results.judgement import Interval, Judgement, PartScore
from cnn_core.results.markdown import plain_markdown
from cnn_core.results.pictures import PARTS, Part, Plan

PART_NAMES: dict[Part, str] = {"train": "training", "valid": "validation", "test": "test"}


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a table; whoever calls has escaped the words."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def interval_text(interval: Interval | None) -> str:
    """Return an interval in words, "" for none."""
    return "" if interval is None else f"{percent(interval[0])} to {percent(interval[1])}"


def _share(value: float | None) -> str:
    return "-" if value is None else percent(value)


def counts_table(plan: Plan) -> str:
    """Return how many pictures each class has in each part."""
    parts = [part for part in PARTS if plan.count(part)]
    pairs = Counter(zip(plan.labels, plan.parts, strict=True))
    rows = [
        [plain_markdown(name), *(f"{pairs[index, part]:,}" for part in parts)]
        for index, name in enumerate(plan.classes)
    ]
    total = ["all", *(f"{plan.count(part):,}" for part in parts)]
    return table(["class", *(PART_NAMES[part] for part in parts)], [*rows, total])


def scores_table(judgement: Judgement) -> str:
    """Return the scores of each part."""
    rows = [
        [
            PART_NAMES[score.part],
            f"{score.size:,}",
            percent(score.accuracy),
            interval_text(score.interval),
            percent(score.macro_f1),
            f"{score.loss:.3f}",
            percent(score.calibration_error),
        ]
        for score in judgement.scores
    ]
    header = ["part", "pictures", "right", "95 % interval", "macro F1", "loss", "calibration error"]
    return table(header, rows)


def class_scores_table(score: PartScore) -> str:
    """Return the scores of each class on one part."""
    rows = [
        [
            plain_markdown(each.label),
            f"{each.support:,}",
            _share(each.recall),
            interval_text(each.recall_interval),
            _share(each.precision),
            interval_text(each.precision_interval),
            _share(each.f1),
        ]
        for each in score.classes
    ]
    header = ["class", "pictures", "recall", "95 %", "precision", "95 %", "F1"]
    part = PART_NAMES[score.part]
    return f"Of the {part} pictures, class by class:\n\n{table(header, rows)}"


def files_table(files: Mapping[str, tuple[int, str]]) -> str:
    """Return size and SHA-256 of each file."""
    rows = [[f"`{name}`", f"{size:,}", f"`{digest}`"] for name, (size, digest) in files.items()]
    return table(["file", "bytes", "SHA-256"], rows)
