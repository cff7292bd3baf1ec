"""Which network with which weights; what the weights are is always on the screen."""

import streamlit as st

from cnn_core.results.inspection import ModelChoice, NetworkInfo, WeightsKind
from cnn_core.runtime.inspection import Inspector
from cnn_core.runtime.networks import resolve
from cnn_core.settings import Settings
from cnn_core.ui.boundary import plain_markdown
from cnn_core.ui.linked import linked_choice

PREFERRED = ("alexnet", "alexnet-2012")
EMBEDDED = "efficientnet-lite0"
_BADGES: dict[WeightsKind, str] = {
    "trained": ":green-badge[trained]",
    "features": ":orange-badge[features only]",
    "untrained": ":red-badge[untrained]",
}


def default_network() -> str:
    """Return the id of the network that the page opens with: an AlexNet if its weights are here."""
    settings = Settings.from_environment()
    for name in PREFERRED:
        if resolve(settings, ModelChoice(name=name)).weights.kind != "untrained":
            return name
    return EMBEDDED


def choose_network(inspector: Inspector) -> ModelChoice:
    """Draw the networks and the choice of their weights; return what is chosen."""
    rows = {name: (title, at_hand) for name, title, at_hand in inspector.networks()}
    default = default_network()
    given = st.query_params.get("model", default)
    if "model" not in st.session_state and given not in rows:
        st.info(
            f"There is no network or finished run named {plain_markdown(repr(given[:60]))}: here "
            f"is {rows[default][0]}.",
            icon=":material/search_off:",
        )
    linked_choice("model", rows, default)
    name = st.selectbox(
        "Network",
        list(rows),
        key="model",
        format_func=lambda name: rows[name][0],
        label_visibility="collapsed",
        persist_state="session",
        width=250,
        help="The networks of the registry, then the runs that finished here.",
    )
    linked_choice("weights", ("best", "random"), "best")
    weights = st.segmented_control(
        "Weights",
        ["best", "random"],
        key="weights",
        required=True,
        format_func={"best": "Trained", "random": "Random"}.__getitem__,
        label_visibility="collapsed",
        persist_state="session",
        help="Random: the same network as it is before training, to compare with.",
    )
    return ModelChoice(name=name or EMBEDDED, weights="random" if weights == "random" else "best")


def say_weights(info: NetworkInfo) -> None:
    """Draw which weights are in use."""
    st.markdown(
        f"{_BADGES[info.weights.kind]} :small[{plain_markdown(info.weights.sentence)}]",
        help="\n\n".join(
            plain_markdown(line)
            for line in (
                f"{info.parameters:,} parameters, {info.macs / 1e6:,.0f} million "
                "multiply-accumulates a picture.",
                info.citation + ".",
                f"Licence of the weights: {info.weights.licence}." if info.weights.licence else "",
                f"SHA-256 of the file: {info.weights.sha256}" if info.weights.sha256 else "",
            )
            if line
        ),
    )
