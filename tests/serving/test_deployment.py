"""docs/deployment.md and deploy/ against the code that they are about."""

import argparse
import itertools
import re

import yaml

from cnn_core.data.decode import MAX_BYTES
from cnn_core.serving.command import add_commands
from cnn_core.serving.config import ServiceConfig
from cnn_core.serving.metrics import Metrics
from cnn_core.serving.problems import CODES
from cnn_core.serving.uploads import BYTES_A_SECOND, FIRST_SECONDS
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
    assert f"begin within {FIRST_SECONDS:g} s" in section
    assert f"bring {BYTES_A_SECOND / 1e3:g} kB a second" in section


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


def test_the_first_fault_raises_an_alarm():
    """What an alarm counts is there at 0 before anything is: `increase` needs two values."""
    lines = Metrics().text().decode().splitlines()
    rules = [rule for group in ALERTS["groups"] for rule in group["rules"]]
    counted = [
        (name, dict(re.findall(r'(\w+)=~?"([^"]*)"', labels)))
        for rule in rules
        for name, labels in re.findall(r"(cnn_lab_\w+_total)(?:{([^}]*)})?", rule["expr"])
    ]
    assert len(counted) >= 7
    for name, labels in counted:
        for wanted in itertools.product(*(value.split("|") for value in labels.values())):
            told = [f'{label}="{value}"' for label, value in zip(labels, wanted, strict=True)]
            there = [
                each for each in lines if each.startswith(name) and all(t in each for t in told)
            ]
            assert there, (name, told)
            assert all(each.endswith(" 0.0") for each in there)
    for code in CODES:
        assert f'cnn_lab_problems_total{{code="{code}"}} 0.0' in lines
    alarms = {rule["alert"]: rule["expr"] for rule in rules}
    assert 'path="/v1/predict"' in alarms["TriageFails"], "a drain alone must not raise it"
    assert "absent" not in alarms["TriageNotReady"], "one replica of several may be gone"


def test_what_changes_the_models_runs_where_they_are():
    """`/models` is a volume: no such folder is on the host."""
    commands = re.findall(r"^    (\S.*)$", DOCUMENT, flags=re.MULTILINE)
    about = [command for command in commands if "/models" in command]
    assert len(about) >= 5
    assert all(command.startswith("docker compose run --rm app ") for command in about)


def test_a_proxy_lets_through_what_the_service_takes_and_keeps_nothing():
    nginx = (ROOT / "deploy" / "nginx.conf").read_text()
    service = nginx.split("location /v1/ {")[1].split("}")[0]
    limit = int(re.search(r"client_max_body_size (\d+)m", service).group(1)) * 2**20
    assert limit >= ServiceConfig().body_bytes > MAX_BYTES
    waits = int(re.search(r"proxy_read_timeout (\d+)s", service).group(1))
    assert waits > 2 * ServiceConfig().seconds
    assert "proxy_request_buffering off" in nginx
    assert "$request_uri" not in nginx.split("access_log")[0].split("log_format")[1]
    assert re.search(r"^error_log \S+ crit;", nginx, flags=re.MULTILINE)
    caddy = (ROOT / "deploy" / "Caddyfile").read_text()
    assert int(re.search(r"response_header_timeout (\d+)s", caddy).group(1)) == waits
    for part in ("remote_ip", "client_ip", "uri", "headers"):
        assert f"request>{part} delete" in caddy
    for word in ("127.0.0.1:8501", "127.0.0.1:8600"):
        assert word in nginx
        assert word in caddy
