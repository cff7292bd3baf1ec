"""What the container files say, read without a container engine."""

import re
import shlex
from pathlib import Path

ROOT = Path(__file__).parents[2]

READ_ONLY = """
import errno, os, sys
VOLUMES = ("/dev/", *(place + "/" for place in os.environ["VOLUMES"].split(os.pathsep)))
CHANGES = {"os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.truncate", "sqlite3.connect"}

def look(event, about):
    writes = event in CHANGES or (event == "open" and (about[2] or 0) & (os.O_RDWR | os.O_WRONLY))
    in_a_folder = event in {"os.remove", "os.rmdir"} and about[1] != -1
    if writes and isinstance(about[0], (str, bytes)) and not in_a_folder:
        path = os.fsdecode(about[0]).removeprefix("file://").partition("?")[0]
        if not (os.path.realpath(path) + "/").startswith(VOLUMES):
            raise OSError(errno.EROFS, "Read-only file system", path)

sys.addaudithook(look)
"""
"""A `sitecustomize.py` for every Python below: nothing can be written but to $VOLUMES."""


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
