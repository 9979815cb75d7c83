"""Read with the connector until its first request, and print the CPU seconds since the CDK was imported."""

import os
import socket
import sys
import time

import airbyte_cdk.entrypoint  # noqa: F401 - imported before the clock is read

IMPORTED = time.process_time()


def connect(self: socket.socket, address: object) -> None:
    """End the program instead of connecting."""
    os.write(2, f"{time.process_time() - IMPORTED:.3f}\n".encode())
    os._exit(0)


if __name__ == "__main__":
    socket.socket.connect = connect  # type: ignore[method-assign, assignment]
    from source_8x8_work_analytics.run import run

    sys.argv[1:1] = ["read"]
    run()
