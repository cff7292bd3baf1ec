"""The container files without a container engine: linted, and true to what they package."""

import fnmatch
import json
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from cnn_core.cli.main import build_parser
from cnn_core.serving.command import add_commands
from cnn_core.settings import Settings
from tests.serving.container import ROOT, environment, instruction, instructions

FILES = ("Dockerfile", "Dockerfile.service")
VOLUMES = {"Dockerfile": ["/data", "/log", "/models"], "Dockerfile.service": ["/log", "/models"]}
PORTS = {"Dockerfile": "8501", "Dockerfile.service": "8600"}


@pytest.mark.parametrize("name", FILES)
def test_hadolint_has_nothing_to_say(name):
    hadolint = Path(sys.executable).with_name("hadolint")
    found = subprocess.run(
        [hadolint, ROOT / name], capture_output=True, text=True, check=False, timeout=60
    )
    assert (found.returncode, found.stdout) == (0, "")


@pytest.mark.parametrize("name", FILES)
def test_an_image_runs_as_nobody_in_particular_and_says_how_it_is(name):
    user, group = instruction(name, "USER").split(":")
    assert user == group == "10001"
    assert instruction(name, "EXPOSE") == PORTS[name]
    assert json.loads(instruction(name, "VOLUME")) == VOLUMES[name]
    check = instruction(name, "HEALTHCHECK")
    assert f"127.0.0.1:{PORTS[name]}" in check
    compile(json.loads(check.partition("CMD ")[2])[2], "health", "exec")
    command = json.loads(instruction(name, "CMD"))
    assert any(word.endswith(PORTS[name]) for word in command)


@pytest.mark.parametrize("name", FILES)
def test_an_image_writes_to_its_volumes_alone(name):
    """Every home that the settings name lies below one of them."""
    given = environment(name, {})
    settings = Settings.from_environment({k: v for k, v in given.items() if k.startswith("CNN_")})
    homes = [settings.data, settings.weights, settings.runs, settings.pictures, settings.features]
    for path in [*homes, settings.triage, Path(given["HOME"])]:
        assert f"/{path.parts[1]}" in VOLUMES[name]
    assert settings.triage == Path("/log")
    assert given["PYTHONDONTWRITEBYTECODE"] == "1"


def test_the_start_command_of_the_service_is_understood():
    command = json.loads(instruction("Dockerfile.service", "CMD"))
    assert command[:3] == ["python", "-m", "cnn_core"]
    options = build_parser({"serve": add_commands}).parse_args(command[3:])
    assert (options.host, options.port) == ("0.0.0.0", 8600)


@pytest.mark.parametrize("name", FILES)
def test_what_is_copied_is_there_and_not_ignored(name):
    text = (ROOT / name).read_text()
    copied = [
        part
        for line in text.splitlines()
        if line.startswith("COPY ") and "--from" not in line
        for part in shlex.split(line)[1:-1]
    ]
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line]
    ignored = [line for line in lines if not line.startswith(("#", "!"))]
    kept = {line[1:] for line in lines if line.startswith("!")}
    assert ignored[0] == "*"
    for part in copied:
        assert (ROOT / part).exists(), part
        assert part in kept
        assert not any(fnmatch.fnmatch(part, pattern) for pattern in ignored[1:])
    assert ".streamlit/secrets.toml" in ignored


def test_the_service_needs_a_part_of_what_the_app_needs():
    def lines(name):
        text = (ROOT / name).read_text().splitlines()
        return {line.split("#")[0].strip() for line in text} - {""}

    assert lines("requirements-service.txt") < lines("requirements.txt")
    left_out = {Requirement(line).name for line in lines("requirements.txt")}
    left_out -= {Requirement(line).name for line in lines("requirements-service.txt")}
    assert {"torch", "torchvision", "streamlit", "plotly", "timm"} <= left_out


def test_compose_hardens_what_it_starts():
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text())
    assert set(compose["services"]) == {"app", "service"}
    for name, service in compose["services"].items():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert [place.partition(":")[0] for place in service["tmpfs"]] == ["/tmp"]
        volumes = json.loads(instruction(service["build"]["dockerfile"], "VOLUME"))
        assert [volume.split(":")[1] for volume in service["volumes"]] == volumes
        (port,) = service["ports"]
        assert port.startswith("127.0.0.1:"), f"{name} would be reached from everywhere"
    grace = int(compose["services"]["service"]["stop_grace_period"].removesuffix("s"))
    command = json.loads(instruction("Dockerfile.service", "CMD"))
    options = build_parser({"serve": add_commands}).parse_args(command[3:])
    assert grace > options.drain + 2 * options.seconds


def test_pages_and_service_ask_one_model_and_keep_one_log():
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text())
    app, service = (compose["services"][name] for name in ("app", "service"))
    asked = service["environment"]
    assert set(asked) == {"CNN_LAB_API_KEY", "CNN_LAB_LOG_DAYS", "CNN_LAB_TRIAGE_MODEL"}
    assert asked == app["environment"] | {"CNN_LAB_API_KEY": asked["CNN_LAB_API_KEY"]}
    named = environment("Dockerfile.service", {})["CNN_LAB_TRIAGE_MODEL"]
    assert app["environment"]["CNN_LAB_TRIAGE_MODEL"] == named == "/models/current"
    assert service["volumes"] == ["log:/log", "models:/models:ro"]
    assert {"log:/log", "models:/models"} < set(app["volumes"])


def test_the_images_have_a_python_that_was_tested():
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mypy"]["python_version"]
    for name in FILES:
        bases = [
            line.split()[1]
            for line in (ROOT / name).read_text().splitlines()
            if line.startswith("FROM ")
        ]
        assert {base.split("-")[0] for base in bases} == {f"python:{wanted}"}
        assert [word for word, _ in instructions(name)].count("CMD") == 1


def test_lint_lints_them():
    recipe = (ROOT / "Makefile").read_text()
    assert f"hadolint {' '.join(FILES)}" in recipe
