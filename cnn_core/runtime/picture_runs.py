"""What a run on a person's own pictures is made of before it is queued: plan, network, weights.

Without torch: a page asks before it offers Start.
"""

from dataclasses import replace
from pathlib import Path

from cnn_core.data.pictures.plan import make_plan
from cnn_core.data.pictures.store import PictureStore
from cnn_core.errors import ConfigError, DataError, WeightsError
from cnn_core.models.fine_tuning import BACKBONES, MADE_FOR_32, validate_fine_tuning
from cnn_core.models.registry import ModelRow, model_row
from cnn_core.results.config import TrainConfig
from cnn_core.results.pictures import Plan, Selection
from cnn_core.results.runs import DatasetInfo
from cnn_core.results.xray_plan import FilmSelection
from cnn_core.runtime import weights
from cnn_core.settings import Settings
from cnn_core.training.recipes import OWN_PICTURES, Recipe, network_of

EMBEDDED = "efficientnet-lite0"
"""The network whose weights come along as a Python package."""

_PLAN_DEPTH = 4  # snapshots/<snapshot>/plans/<plan>.json


def plan_selection(
    settings: Settings, selection: Selection | FilmSelection | None, config: TrainConfig
) -> tuple[Plan, DatasetInfo]:
    """Return the plan of what was selected, saved, and what a run keeps of it.

    Raises:
        DataError: nothing was selected, or it cannot be split.
        UnknownNameError: the pictures are not here.
        StorageError: the plan cannot be written.
    """
    if not isinstance(selection, Selection):
        raise DataError(
            "This recipe trains on pictures of your own, but none were chosen.",
            hint="Name a folder with a folder for each class: --data DIR.",
        )
    store = PictureStore(settings.pictures)
    plan = make_plan(
        store.load(selection.snapshot),
        selection,
        seed=config.seed,
        valid_share=config.validation_share,
        test_share=config.test_share,
    )
    return plan, describe_plan(plan, store.save_plan(plan))


def describe_plan(plan: Plan, path: Path) -> DatasetInfo:
    """Return what a run keeps of a plan that lies at `path`."""
    return DatasetInfo(
        name=plan.title,
        source=OWN_PICTURES,
        location=str(path),
        fingerprint=plan.id,
        official=False,
        train_size=plan.count("train"),
        valid_size=plan.count("valid"),
        test_size=plan.count("test"),
    )


def pictures_home(plan_path: Path) -> Path:
    """Return the home of the pictures that a plan lies in.

    >>> pictures_home(Path("/lab/pictures/snapshots/ab12/plans/cd34.json")).as_posix()
    '/lab/pictures'
    """
    return plan_path.parents[_PLAN_DEPTH - 1]


def plan_within(home: Path, location: str) -> Path:
    """Return where a plan that lies at `location` on another machine lies in this `home`.

    >>> plan_within(Path("/here"), "/there/snapshots/ab12/plans/cd34.json").as_posix()
    '/here/snapshots/ab12/plans/cd34.json'
    """
    return home.joinpath(*Path(location).parts[-_PLAN_DEPTH:])


def read_plan(dataset: DatasetInfo) -> Plan:
    """Return the plan of a run on a person's own pictures.

    Raises:
        DataError: it is gone, or is not the run's.
    """
    path = Path(dataset.location)
    plan = PictureStore(pictures_home(path)).load_plan(path)
    if plan.id != dataset.fingerprint:
        raise DataError(
            f"The plan of the run on {dataset.name} has changed since it was made.",
            hint="Start a new run with the pictures as they are now.",
        )
    return plan


def require_fine_tuning(settings: Settings, recipe: Recipe, config: TrainConfig) -> None:
    """Look that the network can be fine-tuned as `config` says, and has its weights here.

    Raises:
        ConfigError: it cannot.
        WeightsError: no weights to begin with.
    """
    row = model_row(network_of(recipe, config))
    if row.id in MADE_FOR_32:
        raise ConfigError(
            f"{row.title} is made for pictures of {row.input_size}x{row.input_size}, which yours "
            "are not.",
            hint=f"Choose one of {', '.join(BACKBONES)}.",
        )
    validate_fine_tuning(row, config.mode, config.head)
    base_weights(settings, row, config)


def base_weights(settings: Settings, row: ModelRow, config: TrainConfig) -> weights.WeightsAtHand:
    """Return the weights that fine-tuning begins with; none in mode "scratch".

    Raises:
        WeightsError: there are none on this machine, or they lack the layers that are kept.
    """
    if config.mode == "scratch":
        return weights.WeightsAtHand(row=row, state=weights.untrained(row))
    at_hand = weights.resolve(settings, row)
    if at_hand.path is None:
        raise WeightsError(
            f"No weights of {row.title} are on this machine, and fine-tuning begins with them.",
            hint=f"Get them with python -m cnn_core fetch {row.id}, or train {_embedded()}, whose "
            f"weights come along (model={EMBEDDED}), or from random weights (mode=scratch).",
        )
    if config.head == "original" and at_hand.state.kind != "trained":
        raise WeightsError(
            f"The head original keeps two layers of {row.title}'s classifier, but the weights on "
            "this machine have the convolutions alone.",
            hint="Choose the head light or reference, or get all weights with "
            f"python -m cnn_core fetch {row.id}.",
        )
    return at_hand


def network_at_hand(
    settings: Settings, recipe: Recipe, config: TrainConfig
) -> tuple[TrainConfig, str]:
    """Return `config`, and ""; or with the embedded network, and a sentence that says so.

    The latter where no network was asked for and the recipe's own has no weights here.
    """
    row = model_row(network_of(recipe, config))
    if config.model or config.mode == "scratch" or weights.resolve(settings, row).path is not None:
        return config, ""
    head = "light" if config.head == "original" else config.head
    sentence = (
        f"No weights of {row.title} are on this machine: {_embedded()} is trained, whose weights "
        "come along."
    )
    return replace(config, model=EMBEDDED, head=head), sentence


def _embedded() -> str:
    return model_row(EMBEDDED).title
