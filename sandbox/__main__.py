"""Start the sandbox, a mock of the 8x8 API, and print a connector configuration for it."""

import argparse
import json
import os
import signal
import sys
from datetime import timedelta
from pathlib import Path
from typing import NoReturn

from sandbox.faults import FOREVER, KINDS, Fault
from sandbox.sandbox import Sandbox
from sandbox.variants import described, read_variants

PORT = 8808
DAYS = 30
"""Days that the printed configuration loads: few enough for a first load to take seconds."""
PACKAGES = ("starlette", "uvicorn")


def _options() -> argparse.Namespace:
    names = "\n".join(f"  {name:45}{meaning}" for name, meaning in described())
    parser = argparse.ArgumentParser(
        prog="python -m sandbox",
        description=__doc__,
        epilog=f"variants (--variant can be repeated):\n{names}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add(
        "--port",
        type=int,
        help=f"0 picks a free port; the default is {PORT}, or a free port if that is in use",
    )
    add("--write-config", type=Path, metavar="FILE", help="also write the configuration to a file")
    add("--overwrite", action="store_true", help="let --write-config overwrite a file")
    add("--seed", type=int, default=8, help="seed for the generated calls")
    add("--latency", type=float, default=0.0, help="delay of each report, in seconds")
    add("--token-lifetime", type=float, default=1800.0, help="token lifetime, in seconds")
    add("--busy", type=int, default=1, help="multiply the number of calls; 300 gives about 100,000 a day")
    add("--extra-pbxes", type=int, default=0, help="number of small PBXs to add to the three")
    add(
        "--fault", action="append", default=[], metavar="KIND", help=f"an HTTP status, or: {', '.join(KINDS)}"
    )
    add("--variant", action="append", default=[], metavar="NAME=VALUE", help="change the behavior; see below")
    add("--fault-times", type=int, default=FOREVER, help="how often each fault occurs")
    return parser.parse_args()


def main() -> None:
    """Read the command line and serve until interrupted."""
    signal.signal(signal.SIGINT, _exit)
    signal.signal(signal.SIGTERM, _exit)
    options = _options()
    try:
        from sandbox.server import address_of, listen, serve
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] not in PACKAGES:
            raise
        _fail("The sandbox needs starlette and uvicorn: run make install, or pip install starlette uvicorn.")
    unknown = [kind for kind in options.fault if kind not in KINDS and not kind.isdigit()]
    if unknown:
        _fail(f"{unknown[0]} is not a fault; python -m sandbox --help lists them.")
    try:
        read_variants(tuple(options.variant))
    except ValueError as error:
        _fail(str(error))
    sandbox = Sandbox(
        seed=options.seed,
        latency=options.latency,
        busy=options.busy,
        variants=options.variant,
        extra_pbxes=options.extra_pbxes,
        token_lifetime=options.token_lifetime,
        faults=[Fault(kind, times=options.fault_times) for kind in options.fault],
    )
    try:
        listener = listen(PORT if options.port is None else options.port)
    except OSError as error:
        if options.port is not None:
            _fail(f"Port {options.port} cannot be used: {error.strerror}.")
        listener = listen(0)
        _say(f"Port {PORT} is in use, so a free one was chosen.")
    address = address_of(listener)
    first_day = sandbox.clock().date() - timedelta(days=DAYS)
    config = sandbox.config(address, start_date=str(first_day))
    if options.write_config:
        _write(options.write_config, config, options.overwrite)
        _say(f"The configuration is in {options.write_config}.")
    _say(f"The sandbox serves at {address}; press Ctrl-C to stop it.")
    print(json.dumps(config, ensure_ascii=False), flush=True)
    serve(sandbox, listener)


def _write(path: Path, config: dict[str, object], overwrite: bool) -> None:
    """Write a configuration file that only this user can read, as is its directory if it is new."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace = os.O_TRUNC if overwrite else os.O_EXCL
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | replace, 0o600)
    except OSError as error:
        if path.is_file() and not overwrite:
            _fail(f"{path} exists; add --overwrite to replace it.")
        _fail(f"{path} cannot be written: {error.strerror}.")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        os.chmod(path, 0o600)
        file.write(json.dumps(config, ensure_ascii=False, indent=2) + "\n")


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def _fail(sentence: str) -> NoReturn:
    sys.exit(sentence)


def _exit(*_: object) -> NoReturn:
    sys.exit(0)


if __name__ == "__main__":
    main()
