"""The settings of an experiment as controls, made from what its fields say they may be.

The address bar holds what differs from the preset, as text that `--set` takes too.
"""

import math
from typing import Any

import streamlit as st

from cnn_core.concepts.experiment import Experiment
from cnn_core.concepts.settings import ExperimentSettings, Setting, fields_of, with_values
from cnn_core.errors import ConfigError
from cnn_core.ui.boundary import guarded, show_error

PRESETS = {"quick": "Quick", "full": "Full", "study": "Study"}
_DATA = "data"


def field_key(experiment: Experiment, name: str) -> str:
    """Return the key of a field's control: each experiment has its own."""
    return f"{experiment.id}-{name}"


def choose_preset(experiment: Experiment, prefix: str) -> str:
    """Draw the presets, at first the address bar's; choosing one sets all fields but the seed.

    Args:
        experiment: whose presets.
        prefix: of its names in the address bar.
    """
    offered = [name for name in PRESETS if name in experiment.presets]
    key = field_key(experiment, "preset")
    _from_address(experiment, prefix, key, offered)
    chosen = st.segmented_control(
        "Preset",
        offered,
        required=True,
        format_func=PRESETS.__getitem__,
        label_visibility="collapsed",
        key=key,
        on_change=_apply,
        args=(experiment,),
        persist_state="session",
        help="A preset fills in all settings.\n\n"
        + "\n\n".join(f"**{PRESETS[name]}.** {_size(experiment, name)}" for name in offered),
    )
    return chosen or "quick"


def _size(experiment: Experiment, preset: str) -> str:
    trials = len(experiment.plan(experiment.presets[preset]))
    seeds = experiment.presets[preset].seeds
    text = f"{trials:,} trials over {seeds} seed{'s' if seeds > 1 else ''}"
    seconds = experiment.seconds.get(preset)
    if not seconds:
        return f"{text}."
    minutes = f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
    return f"{text}: about {minutes} on two cores of a cloud machine."


def _from_address(experiment: Experiment, prefix: str, key: str, offered: list[str]) -> None:
    """Once a session: take from the address bar the preset and each field that may be so."""
    if st.session_state.get(key) in offered:
        return
    given = st.query_params.get(f"{prefix}preset", "")
    st.session_state[key] = given if given in offered else offered[0]
    settings = experiment.presets[st.session_state[key]]
    faults = []
    for name, (_, about) in fields_of(experiment.settings).items():
        if prefix + name in st.query_params and name != _DATA:
            try:
                settings = with_values(settings, {name: st.query_params[prefix + name]})
            except ConfigError as error:
                faults.append(f"{about.title}{error.message.removeprefix(name)}")
    if faults:
        value = "The preset's value is" if len(faults) == 1 else "The preset's values are"
        show_error(ConfigError(" ".join(faults), hint=f"{value} used."))
    _put(experiment, settings)


def _put(
    experiment: Experiment, settings: ExperimentSettings, *, but: tuple[str, ...] = ()
) -> None:
    for name in fields_of(type(settings)):
        if name not in (_DATA, *but):
            st.session_state[field_key(experiment, name)] = _as_shown(getattr(settings, name))


def _as_shown(value: Any) -> Any:  # noqa: ANN401 - a field's
    """Return a value as its control holds it: a list of numbers is text.

    >>> _as_shown((100, 300)), _as_shown(("relu",)), _as_shown(0.5)
    ('100, 300', ['relu'], 0.5)
    """
    if isinstance(value, tuple):
        return list(value) if isinstance(value[0], str) else ", ".join(f"{v:g}" for v in value)
    return value


@guarded
def _apply(experiment: Experiment) -> None:
    """Set every control but the seed's to what the chosen preset says; a callback."""
    name = st.session_state[field_key(experiment, "preset")] or "quick"
    _put(experiment, experiment.presets[name], but=("seed",))


def settings_form(experiment: Experiment, preset: str, prefix: str) -> ExperimentSettings:
    """Draw the fields; return the settings that they make, but for the data.

    Args:
        experiment: whose fields.
        preset: that they are compared with.
        prefix: of their names in the address bar.

    Raises:
        ConfigError: a field is not what it may be.
    """
    st.button(
        "Reset to preset",
        on_click=_reset,
        args=(experiment,),
        icon=":material/undo:",
        key=field_key(experiment, "reset"),
    )
    base = experiment.presets[preset]
    columns = st.columns(2)
    names = [name for name in fields_of(experiment.settings) if name != _DATA]
    texts: dict[str, str] = {}
    for place, name in enumerate(names):
        default, about = fields_of(experiment.settings)[name]
        with columns[place % 2]:
            texts[name] = _control(experiment, name, default, about)
    settings = with_values(base, texts)
    for name in names:
        _into_address(prefix + name, getattr(settings, name), getattr(base, name), texts[name])
    linked = f"{prefix}preset"
    if preset == next(iter(PRESETS)):
        st.query_params.pop(linked, None)
    elif st.query_params.get(linked) != preset:
        st.query_params[linked] = preset
    return settings


@guarded
def _reset(experiment: Experiment) -> None:
    name = st.session_state[field_key(experiment, "preset")] or "quick"
    _put(experiment, experiment.presets[name])


def _into_address(name: str, value: object, base: object, text: str) -> None:
    if value == base:
        st.query_params.pop(name, None)
    elif st.query_params.get(name) != text:
        st.query_params[name] = text


def _control(experiment: Experiment, name: str, default: Any, about: Setting) -> str:  # noqa: ANN401
    """Draw one field; return its value as text."""
    key = field_key(experiment, name)
    shared: dict[str, Any] = {"key": key, "help": about.help, "persist_state": "session"}
    one = default[0] if isinstance(default, tuple) else default
    if isinstance(one, str) and about.choices:
        words = lambda each: experiment.names.get(each, each)  # noqa: E731
        if isinstance(default, tuple):
            several = st.multiselect(about.title, about.choices, format_func=words, **shared)
            return ",".join(several)
        return str(st.selectbox(about.title, about.choices, format_func=words, **shared))
    if isinstance(default, tuple | str):
        return str(st.text_input(about.title, **shared))
    kind = type(default)
    st.session_state[key] = kind(st.session_state[key])  # 1 for 1.0 would be refused
    ends = (kind(end) if math.isfinite(end) else None for end in (about.low, about.high))
    return str(st.number_input(about.title, *ends, format="%d" if kind is int else "%g", **shared))


def choose_data(experiment: Experiment, offered: dict[str, str], default: str, prefix: str) -> str:
    """Draw the choice of data, by id and title; return the chosen id."""
    key = field_key(experiment, _DATA)
    if st.session_state.get(key) not in offered:
        given = st.query_params.get(f"{prefix}data")
        st.session_state[key] = given if given in offered else default
    chosen = str(
        st.radio(
            "Learn from",
            list(offered),
            format_func=offered.__getitem__,
            key=key,
            persist_state="session",
        )
    )
    _into_address(f"{prefix}data", chosen, default, chosen)
    return chosen
