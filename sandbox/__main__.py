"""`python -m sandbox` starts the stand-in, and prints its address and credentials as a configuration."""

import argparse
import json

from sandbox import Sandbox
from sandbox.faults import FOR_EVER, KINDS, Fault
from sandbox.server import address_of, listen, serve


def main() -> None:
    """Read the command line and serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=8808, help="0 takes a free one")
    parser.add_argument("--seed", type=int, default=8, help="another seed, other calls")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each report")
    parser.add_argument("--token-lifetime", type=float, default=1800.0, help="seconds")
    parser.add_argument("--busy", type=int, default=1, help="times the calls; 300 makes 100,000 a day")
    parser.add_argument(
        "--fault", action="append", default=[], metavar="KIND", help=f"an HTTP status, or: {', '.join(KINDS)}"
    )
    parser.add_argument("--fault-times", type=int, default=FOR_EVER, help="how often each fault strikes")
    options = parser.parse_args()
    sandbox = Sandbox(
        seed=options.seed,
        latency=options.latency,
        busy=options.busy,
        token_lifetime=options.token_lifetime,
        faults=[Fault(kind, times=options.fault_times) for kind in options.fault],
    )
    listener = listen(options.port)
    print(json.dumps(sandbox.config(address_of(listener)), ensure_ascii=False), flush=True)
    serve(sandbox, listener)


if __name__ == "__main__":
    main()
