"""A WHIP publisher or WHEP subscriber on aiortc: an implementation that is not ours.

    aiortc_client.py publish|watch URL

The token comes on standard input, and with its end the client leaves: DELETE to its session. What
happens is told on standard output, one JSON object a line.
"""

import asyncio
import fractions
import json
import math
import struct
import sys
import urllib.error
import urllib.request
import zlib
from urllib.parse import urljoin

import av
from aiortc import (
    AudioStreamTrack,
    RTCConfiguration,
    RTCPeerConnection,
    RTCSessionDescription,
    VideoStreamTrack,
)
from aiortc.mediastreams import MediaStreamError

WIDTH, HEIGHT = 320, 240
AUDIO_RATE, AUDIO_SAMPLES = 48000, 960


def tell(**what):
    print(json.dumps(what), flush=True)


class Camera(VideoStreamTrack):
    """Frames of one brightness, which climbs."""

    number = 0

    async def recv(self):
        pts, time_base = await self.next_timestamp()
        frame = av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
        for index, plane in enumerate(frame.planes):
            value = 128 if index else 32 + 2 * (self.number % 96)
            plane.update(bytes([value]) * plane.buffer_size)
        self.number += 1
        frame.pts, frame.time_base = pts, time_base
        return frame


class Instrument(AudioStreamTrack):
    """A sine of 440 Hz."""

    sample = 0
    start = None

    async def recv(self):
        loop = asyncio.get_running_loop()
        self.start = self.start or loop.time()
        await asyncio.sleep(self.start + self.sample / AUDIO_RATE - loop.time())
        tone = (
            int(9000 * math.sin(2 * math.pi * 440 * (self.sample + n) / AUDIO_RATE))
            for n in range(AUDIO_SAMPLES)
        )
        frame = av.AudioFrame(format="s16", layout="mono", samples=AUDIO_SAMPLES)
        frame.planes[0].update(struct.pack(f"<{AUDIO_SAMPLES}h", *tone))
        frame.pts, frame.sample_rate = self.sample, AUDIO_RATE
        frame.time_base = fractions.Fraction(1, AUDIO_RATE)
        self.sample += AUDIO_SAMPLES
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


def request(method, url, token=None, body=None):
    headers = {"Content-Type": "application/sdp"} if body else {}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    data = body.encode() if body else None
    asked = urllib.request.Request(url, data=data, headers=headers, method=method)
    try:
        with urllib.request.urlopen(asked, timeout=10) as response:
            return response.status, dict(response.headers), response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), error.read().decode()


async def main(role, url):
    lines = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    token = (await lines.readline()).decode().strip()

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
    status, headers, answer = await asyncio.to_thread(request, "POST", url, token, offer)
    tell(status=status)
    if status != 201:
        raise SystemExit(f"refused: {status} {answer}")
    await peer.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    await lines.read()
    session = urljoin(url, headers.get("location") or headers["Location"])
    deleted, _, _ = await asyncio.to_thread(request, "DELETE", session)
    tell(deleted=deleted)
    await peer.close()


asyncio.run(main(*sys.argv[1:]))
