"""The error boundary: what a person sees, what the log gets, what must pass through."""

import logging
import re

import pytest
from streamlit.errors import FragmentHandledException
from streamlit.runtime.scriptrunner_utils.exceptions import StopException
from streamlit.testing.v1 import AppTest

from cnn_core.errors import CnnLabError
from cnn_core.ui.boundary import configure_logging, error_boundary, guarded, plain_markdown


def run(script) -> AppTest:
    return AppTest.from_function(script, default_timeout=30).run()


def test_known_error_shows_its_sentence_and_beneath_it_its_hint(caplog):
    def script():
        import streamlit as st

        from cnn_core.errors import DataError
        from cnn_core.ui.boundary import error_boundary

        with error_boundary():
            raise DataError("The folder my_data_x is empty.", hint="Run `make a_b` first.")
        st.write("after")

    with caplog.at_level(logging.DEBUG, logger="cnn_core"):
        app = run(script)
    assert not app.exception
    (error,) = app.error
    assert error.value == "The folder my\\_data\\_x is empty.\n\nRun `make a_b` first."
    assert app.markdown[0].value == "after"
    assert not [record for record in caplog.records if record.name.startswith("cnn_core")]


def test_unknown_error_shows_an_id_and_logs_the_traceback_under_it(caplog):
    def script():
        from cnn_core.ui.boundary import error_boundary

        with error_boundary("page x"):
            raise ZeroDivisionError("private path")

    app = run(script)
    assert not app.exception
    (error,) = app.error
    (error_id,) = re.findall(r"\(id ([0-9a-f]{8})\)", error.value)
    assert "private path" not in error.value
    assert "Traceback" not in error.value
    (record,) = [record for record in caplog.records if record.name == "cnn_core.ui.boundary"]
    assert record.levelno == logging.ERROR
    assert error_id in record.getMessage()
    assert "page x" in record.getMessage()
    assert record.exc_info is not None
    assert record.exc_info[0] is ZeroDivisionError


def test_stop_and_rerun_pass_through():
    def script():
        import streamlit as st

        from cnn_core.ui.boundary import error_boundary

        with error_boundary():
            if "again" not in st.session_state:
                st.session_state.again = True
                st.rerun()
            st.write("second run")
            st.stop()
        st.write("never")

    app = run(script)
    assert [element.value for element in app.markdown] == ["second run"]
    assert not app.error
    assert not app.exception


@pytest.mark.parametrize(
    "passes", [StopException, FragmentHandledException, KeyboardInterrupt, SystemExit]
)
def test_control_flow_is_not_an_error(passes, caplog):
    with pytest.raises(passes), error_boundary():
        raise passes
    assert not caplog.records


def test_fragment_and_callback_are_guarded():
    def script():
        import streamlit as st

        from cnn_core.errors import RunStateError
        from cnn_core.ui.boundary import guarded

        @guarded
        def stop() -> None:
            raise RunStateError("The run has ended.")

        @st.fragment
        @guarded
        def panel() -> None:
            if st.button("Fail"):
                raise ValueError("inside")

        st.button("Stop", on_click=stop)
        panel()
        st.write("below")

    app = run(script)
    assert not app.error
    app.button[1].click().run()
    assert not app.exception
    assert "Something went wrong" in app.error[0].value
    app.button[0].click().run()
    assert not app.exception
    assert [element.value for element in app.error] == ["The run has ended."]
    assert app.markdown[-1].value == "below"


def test_guarded_keeps_the_function():
    @guarded
    def double(number: int) -> int:
        """Twice the number."""
        return 2 * number

    assert double(21) == 42
    assert double.__name__ == "double"
    assert double.__doc__ == "Twice the number."


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("", ""),
        ("Epoch 3 of 10, 98.5 % (fast).", "Epoch 3 of 10, 98.5 % (fast)."),
        ("[x](http://y) <b>", "\\[x\\](http://y) \\<b\\>"),
        (":red[no] $x$ **bold**", "\\:red\\[no\\] \\$x\\$ \\*\\*bold\\*\\*"),
        ("a ` alone", "a \\` alone"),
    ],
)
def test_text_stays_text(text, escaped):
    assert plain_markdown(text) == escaped


def test_logging_is_configured_once():
    logger = logging.getLogger("cnn_core")
    before = list(logger.handlers)
    for _ in range(2):
        configure_logging.cache_clear()
        configure_logging()
    assert logger.handlers == before  # pytest's own handler is at the root: none is added
    assert logger.isEnabledFor(logging.INFO)


def test_error_without_a_hint_is_one_paragraph():
    assert "\n" not in str(CnnLabError("One sentence."))
