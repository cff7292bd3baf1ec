"""The app as it is deployed: the image's own start command and environment, no container.

In a process of its own that can write to the volumes alone: one page is drawn, as a browser asks.
"""

import json
import os
import re
import socket
import subprocess
import sys
import time

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from cnn_core.results.xray_plan import STATEMENT
from tests.serving.container import READ_ONLY, ROOT, environment, instruction

SECONDS = 60


def test_the_image_of_the_app_draws_a_page_and_writes_to_its_volumes_alone(tmp_path):
    volumes = json.loads(instruction("Dockerfile", "VOLUME"))
    moved = {volume: tmp_path / volume.strip("/") for volume in [*volumes, "/tmp"]}
    for folder in (*moved.values(), tmp_path / "hook"):
        folder.mkdir()
    (tmp_path / "hook" / "sitecustomize.py").write_text(READ_ONLY)
    given = environment("Dockerfile", moved)
    given |= {"PATH": os.environ["PATH"], "TMPDIR": str(moved["/tmp"]), "CNN_LAB_SPARE": "0"}
    given |= {"PYTHONPATH": str(tmp_path / "hook")}
    given["VOLUMES"] = os.pathsep.join(str(folder) for folder in moved.values())
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = json.loads(instruction("Dockerfile", "CMD"))
    assert command[0] == "streamlit"
    start = [sys.executable, "-m", *command, f"--server.port={port}"]
    with (tmp_path / "said").open("w+") as said:
        process = subprocess.Popen(start, cwd=ROOT, env=given, stdout=said, stderr=said)
        try:
            drawn = page(f"127.0.0.1:{port}", "triage", process)
        finally:
            process.terminate()
            process.wait(SECONDS)
    written = (tmp_path / "said").read_text()
    assert STATEMENT in drawn, written
    assert "Something went wrong" not in drawn
    assert not re.search("Traceback|Read-only|ERROR", written), written
    assert not re.search("(?i)external", written), "it asked the internet for its own address"


def page(address, name, process):
    """Return the text of all that a page sends to a browser, its script run to the end."""
    end = time.monotonic() + SECONDS
    while True:
        assert process.poll() is None
        assert time.monotonic() < end
        try:
            socket_of_page = connect(f"ws://{address}/_stcore/stream", subprotocols=["streamlit"])
            break
        except (OSError, WebSocketException):
            time.sleep(0.05)
    asked = BackMsg()
    asked.rerun_script.page_name = name
    said = []
    with socket_of_page as browser:
        browser.send(asked.SerializeToString())
        while time.monotonic() < end:
            message = ForwardMsg.FromString(browser.recv(timeout=SECONDS))
            said.append(str(message))
            if message.WhichOneof("type") == "script_finished":
                break
    return "\n".join(said)
