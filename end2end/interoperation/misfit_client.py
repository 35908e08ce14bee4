"""A publisher with whom nothing comes of it.

    misfit_client.py URL absent|garbage|fingerprint|silent

It never says a word beyond its offer, talks nonsense where a handshake is due, has another certificate
than its offer says, or is connected and sends nothing.
"""

import asyncio
import sys

import bare
from program import delete_session, tell, token


async def meet(session, how):
    tell(connected=await session.connect())
    if how == "garbage":
        for length in range(20, 60):
            # Looks like a handshake from its first byte, and is none.
            await session.ice._send(bytes([22, 254, 253]) + bytes(range(length)))
    else:
        tell(state="connected" if await session.shake_hands() else "failed")


async def main(url, how):
    session = bare.Session()
    await session.open(url, token(), ":".join(["AB"] * 32) if how == "fingerprint" else None)
    meeting = asyncio.ensure_future(asyncio.sleep(0) if how == "absent" else meet(session, how))
    await asyncio.to_thread(sys.stdin.read)
    meeting.cancel()
    await asyncio.to_thread(delete_session, session.address)
    await session.close()


asyncio.run(main(*sys.argv[1:]))
