"""CNN Lab, started by `streamlit run app.py`.

Navigation, page config and the one error boundary are in `cnn_core.ui.shell`.
"""

from cnn_core.ui.shell import run_app

run_app()
