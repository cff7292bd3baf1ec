"""docs/deployment.md and deploy/ against the code that they are about."""

import argparse
import re

import yaml

from cnn_core.data.decode import MAX_BYTES
from cnn_core.serving.command import add_commands
from cnn_core.serving.config import ServiceConfig
from cnn_core.serving.metrics import Metrics
from cnn_core.serving.problems import CODES
from tests.serving.container import ROOT

DOCUMENT = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
ALERTS = yaml.safe_load((ROOT / "deploy" / "cnn-lab-alerts.yml").read_text())


def test_every_option_is_described_and_none_that_is_not_there():
    commands = argparse.ArgumentParser().add_subparsers()
    add_commands(commands)
    options = {
        option
        for action in commands.choices["serve"]._actions
        for option in action.option_strings
        if option.startswith("--")
    }
    section = DOCUMENT.split("## The service")[1].split("## What to watch")[0]
    assert set(re.findall(r"--[a-z][a-z-]+", section)) == options - {"--help"}
    usual = ServiceConfig()
    shown = f"--workers {usual.workers} --decoders {usual.decoders} --queue {usual.queue}"
    assert f"--port {usual.port} {shown} --seconds {usual.seconds:g}" in section


def test_every_error_is_described():
    rows = re.findall(r"^\| ([\d, ]+) \| (`[^|]*`) \|", DOCUMENT, flags=re.MULTILINE)
    told = {
        code: {int(status) for status in statuses.split(",")}
        for statuses, codes in rows
        for code in re.findall(r"`([a-z-]+)`", codes)
    }
    left_out = {"no-such-page", "method", "internal"}  # HTTP's own, and faults
    assert set(told) == set(CODES) - left_out
    assert all(CODES[code] in statuses for code, statuses in told.items())


def test_what_is_watched_is_there():
    metrics = Metrics()
    metrics.watch(places=1, taken=lambda: 0, ready=lambda: True)
    metrics.served("0" * 64)
    there = set(re.findall(r"^# TYPE (\S+) ", metrics.text().decode(), flags=re.MULTILINE))
    rules = [rule for group in ALERTS["groups"] for rule in group["rules"]]
    asked = set(re.findall(r"cnn_lab_\w+", " ".join(rule["expr"] for rule in rules)))
    named = set(re.findall(r"(?:cnn_lab|process)_\w+", DOCUMENT))
    assert {name.removesuffix("_bucket") for name in asked} <= there
    assert named <= there
    codes = set(re.findall(r'code=~?"([^"]*)"', " ".join(rule["expr"] for rule in rules)))
    assert {code for each in codes for code in each.split("|")} <= set(CODES)


def test_a_proxy_lets_through_what_the_service_takes_and_keeps_nothing():
    nginx = (ROOT / "deploy" / "nginx.conf").read_text()
    service = nginx.split("location /v1/ {")[1].split("}")[0]
    limit = int(re.search(r"client_max_body_size (\d+)m", service).group(1)) * 2**20
    assert limit >= ServiceConfig().body_bytes > MAX_BYTES
    waits = int(re.search(r"proxy_read_timeout (\d+)s", service).group(1))
    assert waits > 2 * ServiceConfig().seconds
    assert "proxy_request_buffering off" in nginx
    assert "$request_uri" not in nginx.split("access_log")[0].split("log_format")[1]
    caddy = (ROOT / "deploy" / "Caddyfile").read_text()
    for word in ("127.0.0.1:8501", "127.0.0.1:8600"):
        assert word in nginx
        assert word in caddy
