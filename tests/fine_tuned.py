"""A finished run on drawn flowers, as a worker leaves it, without the minutes of a training run.

Its last layer is a logistic regression on what the backbone makes of the pictures, which is what a
light head comes to.
"""

import dataclasses

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression

from cnn_core.data.decode import decode
from cnn_core.data.pictures.plan import make_plan
from cnn_core.data.pictures.store import PictureStore
from cnn_core.models.fine_tuning import assemble, build_fine_tuned
from cnn_core.models.preprocess import prepare
from cnn_core.models.registry import build_model, model_row
from cnn_core.models.stages import front_and_rest
from cnn_core.models.weights import fitting_tensors
from cnn_core.results.events import RunFinished
from cnn_core.results.judgement import Judged, Judgement
from cnn_core.results.pictures import PARTS, Selection
from cnn_core.results.reading import reading
from cnn_core.results.scores import score
from cnn_core.runtime import queue, weights
from cnn_core.runtime.checkpoints import save_tensors
from cnn_core.runtime.files import JUDGED_FILE, JUDGEMENT_FILE, WEIGHTS_FILE
from cnn_core.runtime.judging import write_judged, write_judgement
from cnn_core.runtime.picture_runs import describe_plan
from cnn_core.runtime.store import RunRequest, RunStore
from cnn_core.training.recipes import find_recipe

SHARE = 0.25


def finished_run(settings, snapshot, *, model="efficientnet-lite0", mode="frozen", decisions=()):
    """Return the record of a finished run on a snapshot in the settings' store of pictures."""
    preset = find_recipe("vgg16-folder").presets["light"].config
    config = dataclasses.replace(
        preset, model=model, mode=mode, validation_share=SHARE, test_share=SHARE
    )
    selection = Selection(snapshot=snapshot.id, decisions=tuple(decisions))
    plan = make_plan(snapshot, selection, seed=config.seed, valid_share=SHARE, test_share=SHARE)
    pictures, row = PictureStore(settings.pictures), model_row(model)
    base, network = _network(settings, row, config, len(plan.classes))
    judged = _judge(network, pictures, plan, row)
    store = RunStore(settings.runs)
    request = RunRequest(
        recipe="vgg16-folder",
        preset="light",
        config=config,
        dataset=describe_plan(plan, pictures.save_plan(plan)),
        device="cpu",
        owner="ada",
        provenance={"torch": torch.__version__, "commit": "0123456789ab"},
    )
    run_id = store.create(request)[0].id
    folder, own = store.run_folder(run_id), network.state_dict()
    if mode == "frozen":
        own = {name: each for name, each in own.items() if name.startswith(row.head)}
    save_tensors(folder / WEIGHTS_FILE, own, {"base": base, "model": row.id, "head": config.head})
    write_judged(folder / JUDGED_FILE, judged)
    scores = tuple(score(each, plan.classes) for each in judged.values())
    judgement = Judgement(
        classes=plan.classes,
        scores=scores,
        baselines=(),
        curve=(),
        curve_sentence="",
        reading=reading(plan.classes, scores, config=config),
    )
    write_judgement(folder / JUDGEMENT_FILE, judgement)
    store.append(run_id, _end(scores))
    queue.end(store, run_id, "finished")
    return store.get(run_id)


def _network(settings, row, config, classes):
    """Return the checksum of the weights it begins with ("" from scratch), and the network."""
    torch.manual_seed(0)
    if config.mode == "scratch":
        return "", build_fine_tuned(row, head=config.head, num_classes=classes).eval()
    base = weights.resolve(settings, row)
    with torch.device("meta"):
        empty = build_model(row.id)
    tensors, _ = fitting_tensors(empty, row, base.path)
    network = assemble(row, head=config.head, num_classes=classes, base=tensors, seed=0)
    return base.state.sha256, network.eval()


def _judge(network, pictures, plan, row):
    """Fit the last layer on the training part; return what the network then says of each part."""
    inputs = [prepare(decode(pictures.read(sha)), row).normalised for sha in plan.sha256]
    _, rest = front_and_rest(network, row.id, "scratch", "light")
    with torch.inference_mode():
        embeddings = rest.with_embeddings(torch.from_numpy(np.stack(inputs)))[1].numpy()
    parts, labels = np.array(plan.parts), np.array(plan.labels)
    train = parts == "train"
    fitted = LogisticRegression(max_iter=500).fit(embeddings[train], labels[train])
    with torch.no_grad():
        network.classifier.weight.copy_(torch.from_numpy(fitted.coef_))
        network.classifier.bias.copy_(torch.from_numpy(fitted.intercept_))
        said = torch.softmax(network.classifier(torch.from_numpy(embeddings)), dim=1).numpy()
    return {
        part: Judged(
            part=part,
            pictures=np.array(plan.pictures)[parts == part],
            labels=labels[parts == part],
            probabilities=said[parts == part],
            embeddings=embeddings[parts == part],
        )
        for part in PARTS
    }


def _end(scores):
    return RunFinished(
        step=10,
        epoch=5,
        status="finished",
        train_seconds=1.0,
        elapsed_seconds=1.5,
        images_per_second=100.0,
        best_epoch=5,
        valid_accuracy=scores[1].accuracy,
        test_accuracy=scores[2].accuracy,
        test_loss=scores[2].loss,
        test_interval=list(scores[2].interval),
        test_size=scores[2].size,
    )
