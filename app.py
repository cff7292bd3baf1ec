"""CNN Lab, started by `streamlit run app.py`.

Streamlit reads this file twice: as a module when the server starts, for `app`, and as a script
whenever a page is to be drawn. Navigation, page config and the one error boundary are in
`cnn_core.ui.shell`.
"""

import streamlit as st
from starlette.middleware import Middleware

from cnn_core.ui.packed_route import PACKED_ROUTE
from cnn_core.ui.shell import run_app
from cnn_core.ui.startup import prepare_visits
from cnn_core.ui.upload_quota import UploadQuota

app = st.App(
    __file__, lifespan=prepare_visits, middleware=[Middleware(UploadQuota)], routes=[PACKED_ROUTE]
)

if __name__ == "__main__":
    run_app()
