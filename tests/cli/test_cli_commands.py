"""Which module brings which command: one is imported for one command, all for the help."""

import subprocess
import sys

import pytest

from cnn_core.cli.main import MODULES, build_parser


def test_each_module_adds_the_commands_that_stand_beside_it():
    for names in MODULES.values():
        for name in names:
            added = build_parser(command=name)._subparsers._group_actions[0].choices
            assert tuple(added) == names


def test_all_commands_are_there_for_the_help_and_for_a_wrong_one(capsys):
    everything = [name for names in MODULES.values() for name in names]
    assert list(build_parser()._subparsers._group_actions[0].choices) == everything
    assert list(build_parser(command="trian")._subparsers._group_actions[0].choices) == everything


@pytest.mark.parametrize("words", [["doctor", "--help"], ["--json", "worker", "--help"]])
def test_a_command_imports_no_other(words):
    look = "import sys; from cnn_core.cli.main import main\n"
    look += f"try: main({words!r})\nexcept SystemExit: pass\n"
    look += "print([name for name in sys.modules if name.startswith('cnn_core.cli.')])"
    said = subprocess.run(
        [sys.executable, "-c", look], capture_output=True, text=True, check=True
    ).stdout
    assert "'cnn_core.cli.doctor'" in said
    assert "'cnn_core.cli.train'" not in said
