"""Puts the phone company together and serves it. The only place that knows every part."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator

from aiohttp import web

from simulator.callers import Callers
from simulator.carrier import Exchange
from simulator.cast import NAMESAKE, Cast
from simulator.clock import Clock
from simulator.courier import Courier
from simulator.ear import CommandEar, Deaf, Ear
from simulator.inspection import Inspection
from simulator.options import Options
from simulator.plan import BadPlan, Plan
from simulator.rest import Rest

EXCHANGE = web.AppKey("exchange", Exchange)


def make(options: Options) -> web.Application:
    """The web application; its base URL is the options' host and port until `bound` says otherwise."""
    chance = random.Random(options.seed)
    has_ear = options.ear != "none"
    ear: Ear = CommandEar(options.ear, cache=options.ear_cache) if has_ear else Deaf()
    cast = Cast.load(options.cast or NAMESAKE)
    plan = Plan.load(options.subscribers) if options.subscribers else Plan()
    strangers = plan.personas() - set(cast.personas)
    if strangers:
        raise BadPlan(f"{options.subscribers}: no such persona: {', '.join(sorted(strangers))}")
    exchange = Exchange(
        account_sid=options.account_sid,
        clock=Clock(options.speed, starts_at=options.starts_at),
        plan=plan,
        people=Callers(cast, clips=options.clips, ear=ear, has_ear=has_ear, seed=options.seed),
        courier=Courier(options.auth_token, chance=chance),
        chance=chance,
        base_url=f"http://{options.host}:{options.port}",
        cps=options.cps,
    )
    application = web.Application()
    application[EXCHANGE] = exchange
    application.add_routes(Rest(exchange, token=options.auth_token, caller_ids=options.caller_ids).routes())
    application.add_routes(Inspection(exchange, ear).routes())

    async def lifetime(application: web.Application) -> AsyncIterator[None]:
        warming = asyncio.create_task(ear.warm())
        yield
        warming.cancel()
        await asyncio.gather(warming, return_exceptions=True)
        await exchange.close()
        await ear.close()

    application.cleanup_ctx.append(lifetime)
    return application


async def serve(application: web.Application, host: str, port: int) -> tuple[web.AppRunner, int]:
    """Start listening; the runner (to be cleaned up) and the port that was bound."""
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, host, port)
    await site.start()
    bound = int(runner.addresses[0][1])
    application[EXCHANGE].base_url = f"http://{host}:{bound}"
    return runner, bound
