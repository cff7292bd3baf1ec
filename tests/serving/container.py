"""What the container files say, read without a container engine."""

import re
import shlex
from pathlib import Path

ROOT = Path(__file__).parents[2]


def instructions(name):
    """Return (instruction, rest) of each of a Dockerfile's last stage, lines that go on joined."""
    text = re.sub(r"^\s*#.*\n", "", (ROOT / name).read_text(), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    pairs = [tuple(line.split(maxsplit=1)) for line in lines if line.strip()]
    last = max(number for number, (word, _) in enumerate(pairs) if word == "FROM")
    return pairs[last:]


def instruction(name, word):
    """Return what the only such instruction of the last stage says."""
    (said,) = (rest for each, rest in instructions(name) if each == word)
    return said


def environment(name, moved):
    """Return the environment that the image sets, its folders moved to where `moved` says."""
    given = dict(part.split("=", 1) for part in shlex.split(instruction(name, "ENV")))
    for variable, value in given.items():
        for folder, there in moved.items():
            if value == folder or value.startswith(f"{folder}/"):
                given[variable] = f"{there}{value.removeprefix(folder)}"
    return given
