"""`python -m simulator`: runs the phone company until it is interrupted or terminated."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys

from simulator.cast import BadCast
from simulator.options import Options, read
from simulator.plan import BadPlan
from simulator.server import make, serve


async def run(options: Options) -> None:
    """Serve until SIGINT or SIGTERM."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    runner, port = await serve(make(options), options.host, options.port)
    print(f"simulator: listening on http://{options.host}:{port}", flush=True)
    await ended.wait()
    await runner.cleanup()


def main() -> int:
    """Exit code 2 for files that cannot be read."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
    options = read()
    try:
        asyncio.run(run(options))
    except (BadPlan, BadCast) as fault:
        print(f"simulator: {fault}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
