"""Start the program in milliseconds, from a server that has imported the CDK already.

Importing the CDK and building a first source take seconds, and the tests start the program about a hundred
times. A launcher hands its arguments, environment, folder and open files to the server; the server forks, and
the fork runs the program's script. So the program is a process with an exit code, as always; it gets the
signals that its launcher gets, and it is killed when its launcher is. Tests of the start itself start cold:
most of `test_signals.py` and `test_output.py`.
"""

import fcntl
import gc
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from functools import cache
from pathlib import Path
from uuid import uuid4

POLL_SECONDS = 1.0
"""How often the server checks whether the test run has ended."""

LAUNCHER = """#!{python} -IS
import json, os, signal, socket, sys
server = socket.socket(socket.AF_UNIX)
server.connect({address!r})
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, lambda number, _: server.send(bytes([number])))
request = json.dumps([{script!r}, sys.argv[1:], dict(os.environ), os.getcwd()]).encode()
socket.send_fds(server, [len(request).to_bytes(4, "big")], [0, 1, 2])
server.sendall(request)
code = int.from_bytes(server.recv(2) or bytes([0, 1]), "big", signed=True)
if code < 0:
    if -code in (signal.SIGINT, signal.SIGTERM):
        signal.signal(-code, signal.SIG_DFL)
    os.kill(os.getpid(), -code)
os._exit(code)
"""


def write_launcher(launcher: Path, script: Path) -> None:
    """Write an executable that runs a script of the program's in a process that starts warm."""
    launcher.write_text(LAUNCHER.format(python=sys.executable, address=_address(), script=str(script)))
    launcher.chmod(0o755)


@cache
def _address() -> str:
    """Start the server, once for all workers of a test run. Returns its address."""
    owner = os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID") or uuid4().hex
    address = f"{tempfile.gettempdir()}/warm-start-{run}"
    with open(f"{address}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(address):
            server = subprocess.Popen(
                [sys.executable, "-m", "integration_tests.warm_start", address, str(owner)],
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                cwd=Path(__file__).parent.parent,
            )
            assert server.stdout is not None
            with server.stdout:
                assert server.stdout.readline() == b"ready\n"
            server.returncode = 0  # it ends by itself, and nobody waits for it
    return address


def is_alive(pid: int) -> bool:
    """Return whether there is a process."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, PermissionError):  # gone, or somebody else's by now
        return False
    return True


def serve(address: str, owner: int) -> None:
    """Fork for each launcher that connects, as long as the test run goes on."""
    import source_8x8_work_analytics.commands
    import source_8x8_work_analytics.doctor.command  # noqa: F401 - what takes so long

    gc.freeze()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    listener.listen(64)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those who watch
    while is_alive(owner):
        if not select.select([listener], [], [], POLL_SECONDS)[0]:
            continue
        connection, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            _watch(connection)
        connection.close()
    os.unlink(address)
    os.unlink(f"{address}.lock")


def _watch(connection: socket.socket) -> None:
    """Run the program in a fork, pass signals on, and report its exit code."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    size, files, _, _ = socket.recv_fds(connection, 4, 3)
    request = b""
    while len(request) < int.from_bytes(size, "big"):
        piece = connection.recv(1 << 20)
        if not piece:
            os._exit(1)
        request += piece
    program = os.fork()
    if program == 0:
        connection.close()
        _run(files, *json.loads(request))
    for file in (*files, 0, 1, 2):
        os.close(file)

    def pass_signals_on() -> None:
        while numbers := connection.recv(16):
            for number in numbers:
                os.kill(program, number)
        os.kill(program, signal.SIGKILL)

    threading.Thread(target=pass_signals_on, daemon=True).start()
    _, status = os.waitpid(program, 0)
    connection.send(os.waitstatus_to_exitcode(status).to_bytes(2, "big", signed=True))
    os._exit(0)


def _run(files: list[int], script: str, args: list[str], environment: dict[str, str], folder: str) -> None:
    """Become the program."""
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 - until the end
    sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", buffering=1, closefd=False)  # noqa: SIM115
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv = [script, *args]
    runpy.run_path(script, run_name="__main__")


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]))
