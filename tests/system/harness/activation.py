"""Starts a program as systemd does with a .socket unit: sockets that listen are its descriptors 3 and 4."""

from __future__ import annotations

import sys
from pathlib import Path

_PROGRAM = """
import os, socket, sys
made = [socket.create_server(("127.0.0.1", 0)), socket.socket(socket.AF_UNIX)]
made[1].bind(sys.argv[1])
made[1].listen()
high = [os.dup2(each.fileno(), 100 + number) for number, each in enumerate(made)]
for number, descriptor in enumerate(high):
    os.dup2(descriptor, 3 + number)
    os.close(descriptor)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="2", LISTEN_FDNAMES=sys.argv[2])
os.execv(sys.argv[3], sys.argv[3:])
"""


def activation(path: Path, names: str = "web:local") -> list[str]:
    """Words before a command: a TCP socket on a free port, and a unix one at ``path``, with these names."""
    return [sys.executable, "-c", _PROGRAM, str(path), names]
