# SPDX-License-Identifier: GPL-3.0-or-later
"""Carries a worker's stdin and stdout through a socket, for a Blender that runs where the worker cannot be started.

bridge.py serve SOCKET COMMAND...     here, where the worker lives: one worker for each connection
bridge.py connect SOCKET              there, as the worker command of the preferences
"""

import os
import socket
import subprocess
import sys
import threading


def copy(read, write, done):
    """Pass bytes on until they end."""
    try:
        while data := read():
            write(data)
    except OSError:
        pass
    done()


def serve(path, command):
    if os.path.exists(path):
        os.unlink(path)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        while True:
            connection, _ = listener.accept()
            worker = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
            threading.Thread(
                target=copy,
                args=(lambda c=connection: c.recv(1 << 16), worker.stdin.write, worker.stdin.close),
                daemon=True,
            ).start()
            threading.Thread(
                target=copy,
                args=(lambda w=worker: w.stdout.read(1 << 16), connection.sendall, connection.close),
                daemon=True,
            ).start()


def connect(path):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        up = threading.Thread(
            target=copy,
            args=(
                lambda: os.read(0, 1 << 16),
                connection.sendall,
                lambda: connection.shutdown(socket.SHUT_WR),
            ),
            daemon=True,
        )
        up.start()
        while data := connection.recv(1 << 16):
            while data:
                data = data[os.write(1, data) :]


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(sys.argv[2], sys.argv[3:])
    else:
        connect(sys.argv[2])
