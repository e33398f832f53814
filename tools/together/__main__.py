"""Runs commands side by side: python3 -m tools.together WIDTH COMMAND [COMMAND...].

Each command is a line for bash. WIDTH of them run at a time, in this order.
"""

import sys

from tools.together.steps import Steps

if __name__ == "__main__":
    sys.exit(Steps(sys.argv[2:], width=int(sys.argv[1])).run())
