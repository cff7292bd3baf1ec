# The app with all its pages: docs/deployment.md says how it is run.
FROM python:3.11-slim-bookworm AS packages
# "cpu" takes torch without CUDA from PyTorch's own index (a quarter of the size); anything else takes the
# tested set, which runs on a CPU as well as on a GPU.
ARG TORCH=tested
WORKDIR /packages
COPY requirements.txt constraints.txt ./
RUN python -m venv /opt/venv \
    && if [ "$TORCH" = cpu ]; then \
        /opt/venv/bin/pip install --no-cache-dir torch torchvision -c constraints.txt \
            --index-url https://download.pytorch.org/whl/cpu \
        ; fi \
    && /opt/venv/bin/pip install --no-cache-dir -r requirements.txt -c constraints.txt

FROM python:3.11-slim-bookworm
RUN groupadd --gid 10001 lab \
    && useradd --uid 10001 --gid lab --no-create-home --home-dir /data lab \
    && install --directory --owner lab --group lab /data /log /models
COPY --from=packages /opt/venv /opt/venv
WORKDIR /app
COPY .streamlit .streamlit
COPY cnn_core cnn_core
COPY pages pages
COPY recorded recorded
COPY weights weights
COPY app.py pyproject.toml LICENSE NOTICE ./
# Written to: /data (runs, data sets, weights, pictures), /log (the prediction log), /models and /tmp.
ENV PATH=/opt/venv/bin:$PATH \
    HOME=/data \
    CNN_LAB_HOME=/data \
    CNN_LAB_TRIAGE=/log \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 10001:10001
VOLUME ["/data", "/log", "/models"]
EXPOSE 8501
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=90s --retries=3 \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4).close()"]
# browser.serverAddress: or else Streamlit asks a host of the internet under which address it is seen.
CMD ["streamlit", "run", "app.py", "--server.address=0.0.0.0", "--server.port=8501", "--server.headless=true", "--browser.serverAddress=localhost"]
