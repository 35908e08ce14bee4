"""A WHIP publisher or WHEP subscriber on aiortc: an implementation that is not ours.

    aiortc_client.py publish|watch URL

How it is told what to do, and what it tells: program.py.
"""

import asyncio
import struct
import sys
import zlib

from aiortc import (
    AudioStreamTrack,
    RTCConfiguration,
    RTCPeerConnection,
    RTCSessionDescription,
    VideoStreamTrack,
)
from aiortc.mediastreams import MediaStreamError

import material
from program import delete_session, open_session, tell, token


class Camera(VideoStreamTrack):
    number = 0

    async def recv(self):
        pts, time_base = await self.next_timestamp()
        frame = material.picture(self.number)
        self.number += 1
        frame.pts, frame.time_base = pts, time_base
        return frame


class Instrument(AudioStreamTrack):
    number = 0
    start = None

    async def recv(self):
        loop = asyncio.get_running_loop()
        self.start = self.start or loop.time()
        due = self.start + self.number * material.AUDIO_SAMPLES / material.AUDIO_RATE
        await asyncio.sleep(due - loop.time())
        frame = material.tone(self.number)
        self.number += 1
        return frame


async def look(track):
    """Tells how many decoded frames came, and how different they were."""
    different, count = set(), 0
    while True:
        try:
            frame = await track.recv()
        except MediaStreamError:
            return
        different.add(zlib.crc32(bytes(frame.planes[0])))
        count += 1
        if count % 15 == 0:
            tell(video=count, different=len(different))


async def listen(track):
    """Tells how many decoded frames came, and how loud the loudest sample was."""
    count, loudest = 0, 0
    while True:
        try:
            frame = await track.recv()
        except MediaStreamError:
            return
        data = bytes(frame.planes[0])[: frame.samples * 2 * len(frame.layout.channels)]
        loudest = max(loudest, *(abs(sample) for (sample,) in struct.iter_unpack("<h", data)))
        count += 1
        if count % 25 == 0:
            tell(audio=count, loudest=loudest)


async def main(role, url):
    key = token()
    peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    tasks = []
    if role == "publish":
        peer.addTrack(Instrument())
        peer.addTrack(Camera())
        for transceiver in peer.getTransceivers():
            transceiver.direction = "sendonly"
    else:
        peer.addTransceiver("audio", direction="recvonly")
        peer.addTransceiver("video", direction="recvonly")

        @peer.on("track")
        def on_track(track):
            receive = listen if track.kind == "audio" else look
            tasks.append(asyncio.ensure_future(receive(track)))

    @peer.on("connectionstatechange")
    def on_state():
        tell(state=peer.connectionState)

    await peer.setLocalDescription(await peer.createOffer())
    offer = peer.localDescription.sdp
    answer, session = await asyncio.to_thread(open_session, url, key, offer)
    await peer.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    await asyncio.to_thread(sys.stdin.read)
    await asyncio.to_thread(delete_session, session)
    await peer.close()


asyncio.run(main(*sys.argv[1:]))
