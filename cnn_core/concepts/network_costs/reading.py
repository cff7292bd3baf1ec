"""What the measurements say of the counts: do multiply-accumulates foretell the time?"""

from cnn_core.concepts.network_costs.comparisons import (
    LIGHT,
    among_many,
    base_condition,
    batch_words,
    count_ratio,
    first_at,
    networks_at,
    order,
    place_of,
    time_ratio,
    values_at,
    where_words,
)
from cnn_core.concepts.network_costs.plan import known, parsed
from cnn_core.concepts.network_costs.settings import INFERENCE, CostSettings
from cnn_core.concepts.network_costs.table import network_layers, totals
from cnn_core.models.registry import model_row
from cnn_core.results.experiment_reading import Claim, ExperimentReading, Verdict
from cnn_core.results.trials import Spread, Trials, spread_of

LESS, AS_COUNTED, MORE = "less", "as-counted", "more"
_MARGIN = 1.25  # within this factor a ratio of times is "about" the ratio of the counts
_FASTEST = 1.0  # pictures a second, against one at a time


def read(settings: CostSettings, trials: Trials) -> ExperimentReading:
    """Return what finished measurements say; fewer than planned are read too.

    Measurements of another version, of networks or conditions that are not known, are passed over.
    """
    trials = Trials(tuple(each for each in trials.done if known(each.arm, each.condition)))
    at = base_condition(trials)
    if at is None:
        return ExperimentReading(answer="", headline="Nothing has been measured yet.", meaning=())
    claims = [
        claim
        for claim in (
            _ratio_claim(trials, at),
            _order_claim(trials, at, "macs", "multiply-accumulates"),
            _order_claim(trials, at, "parameters", "parameters"),
            _batch_claim(trials, at),
        )
        if claim is not None
    ]
    return ExperimentReading(
        answer=_answer(time_ratio(trials, at)),
        headline=_headline(settings, trials, at),
        meaning=_meaning(settings, trials, at),
        claims=tuple(claims),
    )


def title_of(name: str) -> str:
    """Return a network's name for a person."""
    return model_row(name).title


def _answer(ratio: Spread | None) -> str:
    if ratio is None or ratio.interval is None:
        return ""
    low, high = ratio.interval
    if high < 1 / _MARGIN:
        return LESS
    if low > _MARGIN:
        return MORE
    return AS_COUNTED if low >= 1 / _MARGIN and high <= _MARGIN else ""


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 99.5 else f"{value:.3g}"


def _headline(settings: CostSettings, trials: Trials, at: str) -> str:
    spreads = {
        name: trials.spread("median_ms", place_of(name, at)) for name in networks_at(trials, at)
    }
    known = {name: spread for name, spread in spreads.items() if spread is not None}
    by_time = sorted(known, key=lambda name: known[name].mean)
    what = "a picture" if settings.work == INFERENCE else "a training step"
    words = f"{batch_words(at)}, {where_words(trials, at)}"
    if not by_time:
        return "Nothing has been measured yet."
    first = by_time[0]
    if len(by_time) == 1:
        return f"{title_of(first)} takes {_figure(known[first].mean)} ms for {what} ({words})."
    last = by_time[-1]
    return (
        f"{title_of(first)} takes {_figure(known[first].mean)} ms for {what}, {title_of(last)} "
        f"{_figure(known[last].mean)} ms ({words})."
    )


def _meaning(settings: CostSettings, trials: Trials, at: str) -> tuple[str, ...]:
    sentences = []
    if at and (ratio := time_ratio(trials, at)) is not None:
        sentences.append(_why(ratio))
    shares = {}
    for name in networks_at(trials, at):
        peak, weights = (first_at(trials, f, name, at) for f in ("peak_mib", "weights_mib"))
        if peak:
            shares[name] = (weights / peak, peak)
    if shares:
        most = max(shares, key=lambda name: shares[name][1])
        share, peak = shares[most]
        task = "answer" if settings.work == INFERENCE else "learn from"
        sentences.append(
            f"To {task} {batch_words(at)}, {title_of(most)} needs the most memory: "
            f"{_figure(peak)} MiB at its peak, {100 * share:.0f} % of it weights."
        )
    sentences.append(
        "Times are this machine's alone; parameters and multiply-accumulates are the same "
        "everywhere."
    )
    return tuple(sentences)


def _why(ratio: Spread) -> str:
    if _answer(ratio) == LESS:
        light = totals(network_layers(LIGHT))
        return (
            "A multiply-accumulate is not always equally cheap: AlexNet fetches "
            f"{light.parameters / 1e6:.0f} million weights and uses "
            f"{100 * light.linear_parameters / light.parameters:.0f} % of them once a picture, "
            "while VGG-16 does nearly all its work with weights that it uses at every position."
        )
    if _answer(ratio) == MORE:
        return "Beside its multiply-accumulates, VGG-16 moves larger maps through the memory."
    if _answer(ratio) == AS_COUNTED:
        return "Here the number of multiply-accumulates foretells the time of these two well."
    return "How their times compare with their counts cannot be told from these rounds."


def _ratio_claim(trials: Trials, at: str) -> Claim | None:
    ratio, counted = time_ratio(trials, at), count_ratio(trials, at)
    if ratio is None or counted is None:
        return None
    spread = ""
    if ratio.interval is not None:
        low, high = (_figure(end * counted) for end in ratio.interval)
        spread = f" (95 %: {low} to {high}, {ratio.n} rounds)"
    verdicts: dict[str, Verdict] = {AS_COUNTED: "holds", "": "cannot be told"}
    return Claim(
        id="time-follows-macs",
        sentence=f"VGG-16 has {_figure(counted)} times AlexNet's multiply-accumulates and takes "
        f"{_figure(ratio.mean * counted)} times as long{spread}, {batch_words(at)}, "
        f"{where_words(trials, at)}.",
        verdict=verdicts.get(_answer(ratio), "does not hold"),
        difference=ratio,
    )


def _order_claim(trials: Trials, at: str, figure: str, noun: str) -> Claim | None:
    found = order(trials, at, figure)
    if not found.pairs:
        return None
    verdict: Verdict = "holds"
    if found.slower:
        verdict = "does not hold"
    elif found.untold:
        verdict = "cannot be told"
    pairs = "the one pair" if found.pairs == 1 else f"{found.pairs} pairs"
    untold = f"; {found.untold} cannot be told apart" if found.untold else ""
    together = "" if found.pairs == 1 else " (95 % for all pairs together)"
    return Claim(
        id=f"fewer-{figure}-faster",
        sentence=f"Of {pairs} of networks, the one with fewer {noun} was faster in {found.faster} "
        f"and slower in {found.slower}{untold}{together}.",
        verdict=verdict,
    )


def _batch_claim(trials: Trials, at: str) -> Claim | None:
    small, where = parsed(at)
    same = [place.condition for place in trials.places if parsed(place.condition)[1] == where]
    largest = max(same, key=lambda each: parsed(each)[0])
    if parsed(largest)[0] == small:
        return None
    gains: dict[str, Spread] = {}
    for name in networks_at(trials, largest):
        many = values_at(trials, "images_per_second", name, largest)
        few = values_at(trials, "images_per_second", name, at)
        gain = spread_of({seed: many[seed] / few[seed] for seed in many if seed in few})
        if gain is not None:
            gains[name] = gain
    if not gains:
        return None
    wider = [among_many(gain, len(gains)) for gain in gains.values()]
    told = [gain.interval for gain in wider if gain.interval is not None]
    verdict: Verdict = "cannot be told"
    if len(told) == len(gains) and all(low > _FASTEST for low, _ in told):
        verdict = "holds"
    elif any(high < _FASTEST for _, high in told):
        verdict = "does not hold"
    each = ", ".join(f"{title_of(name)} {_figure(gain.mean)}" for name, gain in gains.items())
    return Claim(
        id="batches-help",
        sentence=f"Pictures a second with {batch_words(largest)}, as a multiple of "
        f"{batch_words(at)}: {each}. Told from {batch_words(at)} (95 % for all networks "
        f"together): more in {sum(low > _FASTEST for low, _ in told)}, fewer in "
        f"{sum(high < _FASTEST for _, high in told)} of {len(gains)}.",
        verdict=verdict,
    )
