"""The classes that a network names: its five most probable ones, and what to say where it has none.

For the tabs that ask about classes. A class is chosen in a list or by a click on its bar.
"""

import streamlit as st

from cnn_core.charts.inspection import clicked_class, probability_bars
from cnn_core.charts.wording import percent
from cnn_core.results.inspection import Prediction
from cnn_core.ui.boundary import guarded, plain_markdown
from cnn_core.ui.inspector.network import EMBEDDED
from cnn_core.ui.inspector.state import Inspected, choose, linked_number

_KEY, _LIST = "class", "inspector-class"
SHOWN = 5


def names_classes(place: Inspected) -> bool:
    """Return whether the network names classes; where it does not, say why and what to do."""
    if place.info.classes:
        return True
    title = plain_markdown(place.info.title)
    why = {
        "features": f"Only the features of {title} are trained here, its classifier is not",
        "untrained": f"{title} is untrained here",
    }.get(place.info.weights.kind, f"{title} has no trained classifier here")
    st.markdown(
        f"{why}: it names no classes, so there is nothing to ask about them. "
        "Choose a network with a trained classifier above."
    )
    choice = place.choice
    trained = "lenet5" if choice.name.startswith("lenet5") else EMBEDDED
    if choice.weights == "random":
        _offer("Take the trained weights", "weights", "best")
    elif trained != choice.name:
        titles = {name: title for name, title, _ in place.inspector.networks()}
        _offer(f"Ask {titles[trained]} instead", "model", trained)
    return False


def _offer(label: str, key: str, value: str) -> None:
    """Draw a button that chooses `value` for one of the page's widgets, outside of this tab."""
    if st.button(label, on_click=_choose, args=(key, value)):
        st.rerun()


@guarded
def _choose(key: str, value: str) -> None:
    st.session_state[key] = value


def top_sentence(prediction: Prediction) -> str:
    """Return what the network says first, in a sentence."""
    _, name, share = prediction.top(1)[0]
    sure = "says" if share >= 0.5 else "is unsure: first comes"
    return f"It {sure} {name}, {percent(share)}."


def choose_class(place: Inspected, prediction: Prediction) -> int:
    """Draw the list of classes, the most probable first; return the chosen one's index."""
    top = prediction.top(len(prediction.classes))
    shares = {index: (name, share) for index, name, share in top}
    of = (place.choice, place.picture_name, top[0][0])
    chosen = linked_number(_KEY, len(prediction.classes), top[0][0], of=of)

    def words(index: int) -> str:
        name, share = shares[index]
        return f"{name} ({percent(share)})"

    if st.session_state.get(_LIST) != chosen:
        st.session_state[_LIST] = chosen
    st.selectbox(
        "Class",
        list(shares),
        key=_LIST,
        on_change=lambda: choose(_KEY, st.session_state[_LIST]),
        format_func=words,
        label_visibility="collapsed",
        width=260,
        help="Every class that the network knows, the most probable first. Type to search.",
    )
    return chosen


def draw_top(prediction: Prediction, chosen: int) -> None:
    """Draw the five most probable classes, and the chosen one beneath if it is none of them."""
    top = prediction.top(SHOWN)
    if chosen not in [index for index, _, _ in top]:
        top.append((chosen, prediction.classes[chosen], float(prediction.probabilities[chosen])))
    key = f"inspector-top-{chosen}"
    st.markdown(f"**{plain_markdown(top_sentence(prediction))}**")
    st.plotly_chart(
        probability_bars(top, chosen=chosen),
        key=key,
        on_select=lambda: _take_click(key),
        selection_mode="points",
        alt="; ".join(f"{name} {percent(share)}" for _, name, share in top),
        config={"displayModeBar": False},
    )


@guarded
def _take_click(key: str) -> None:
    clicked = clicked_class(st.session_state.get(key))
    if clicked is not None:
        choose(_KEY, clicked)
