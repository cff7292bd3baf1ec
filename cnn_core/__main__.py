"""`python -m cnn_core`: the commands of `cli`, and `serve`, which `serving` brings.

The two packages lie side by side and do not know each other; here, above both, they meet.
"""

import sys

from cnn_core.cli.main import main
from cnn_core.serving.command import add_commands

if __name__ == "__main__":
    sys.exit(main(also={"serve": add_commands}))
