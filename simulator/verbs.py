"""The verbs of the portable subset and what each does. Any other verb ends the document."""

from __future__ import annotations

from simulator import collect, dial, wire
from simulator.call import Source
from simulator.interpreter import Act, Ended, Program
from simulator.twiml import BadTwiml, Verb, absolute


async def _say(program: Program, verb: Verb) -> None:
    await program.sound(verb)
    await program.or_hung_up(program.line.playout.played())


async def _redirect(program: Program, verb: Verb) -> Source:
    if not verb.text and not program.base:
        raise BadTwiml(11100, "Redirect without URL")
    return Source(absolute(program.base, verb.text or program.base), verb.get("method", "POST"))


async def _reject(program: Program, verb: Verb) -> None:
    program.call.note("rejected", reason=verb.get("reason", "rejected"))
    raise Ended


async def _hangup(program: Program, verb: Verb) -> None:
    raise Ended


ACTS: dict[str, Act] = {
    "Say": _say,
    "Play": _say,
    "Redirect": _redirect,
    "Reject": _reject,
    "Hangup": _hangup,
    "Gather": collect.gather,
    "Record": collect.record,
    "Dial": dial.dial,
    "Connect": wire.connect,
}
