"""A publisher like OBS, on a line that loses packets.

    obs_client.py URL [--codec H265] [--loss SHARE] [--round-trip MILLISECONDS]

H.264 at 96 with a keyframe every 250 pictures, repairs under the SSRC and number of what was lost, no
retransmission format, and no ear for who asks for a keyframe. From the line `lose` on standard input
on, that share of its packets is lost, repairs as well, the same ones each time.

Tells of each picture when it was sent, and whether a packet of it was lost; at the end, of each lost
packet, how many milliseconds after the one behind it, by which it is missed, it was asked for.
"""

import argparse
import asyncio
import contextlib
import fractions
import random
import sys
import time

import av
from aiortc.codecs.h264 import H264Encoder
from aiortc.rtp import RTCP_RTPFB_NACK, RtcpRtpfbPacket, RtcpSenderInfo, RtcpSrPacket, RtpPacket

import bare
import material
from program import delete_session, tell, token

# Seconds from 1900 to 1970.
NTP = 2_208_988_800
# Packets that are kept to be sent again.
KEPT = 2_000


class Line:
    """The way to the server, and back."""

    def __init__(self, loss, round_trip):
        self.loss, self.one_way, self.losing = loss, round_trip / 2, False
        self.random = random.Random(7)

    def loses(self):
        return self.losing and self.random.random() < self.loss


class Stream:
    """What goes by one SSRC."""

    def __init__(self, session, line, ssrc, payload_type):
        self.session, self.line = session, line
        self._ssrc, self.payload_type = ssrc, payload_type
        # Soon over the end of sixteen bits.
        self.number, self.octets = 65_000, 0
        self.kept = {}
        # By number: when it can be missed, and when it was asked for.
        self.missed, self.asked_for = {}, {}
        self.tasks = set()
        session.dtls._rtp_router.register_sender(self, ssrc)

    def send(self, payloads, timestamp):
        """Sends the packets of one moment; whether any of them is lost."""
        lost = False
        for payload in payloads:
            number = self.number % 65_536
            marker = int(payload is payloads[-1])
            packet = RtpPacket(
                self.payload_type, marker, number, timestamp, self._ssrc, payload
            ).serialize()
            self.kept[number] = packet
            self.kept.pop((number - KEPT) % 65_536, None)
            self.number += 1
            self.octets += len(payload)
            if self.line.loses():
                self.asked_for[number] = None
                lost = True
            else:
                arrives = time.time() + self.line.one_way
                self.missed |= dict.fromkeys(self.asked_for.keys() - self.missed, arrives)
                self.later(packet, self.line.one_way)
        return lost

    def report(self, timestamp):
        """Tells which moment of the clock that timestamp is."""
        now = int((time.time() + NTP) * 2**32)
        info = RtcpSenderInfo(now, timestamp, self.number - 65_000, self.octets)
        self.later(bytes(RtcpSrPacket(self._ssrc, info)), self.line.one_way)

    async def _handle_rtcp_packet(self, packet):
        if not isinstance(packet, RtcpRtpfbPacket) or packet.fmt != RTCP_RTPFB_NACK:
            return
        for number in packet.lost:
            if self.asked_for.get(number, 0) is None:
                self.asked_for[number] = time.time()
            if number in self.kept and not self.line.loses():
                self.later(self.kept[number], 2 * self.line.one_way)

    def later(self, packet, seconds):
        """Has a packet arrive after that time."""

        async def arrive():
            await asyncio.sleep(seconds)
            with contextlib.suppress(ConnectionError):
                await self.session.dtls._send_rtp(packet)

        task = asyncio.ensure_future(arrive())
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)


class Show:
    """Pictures and sound, each at its time."""

    def __init__(self, video, audio):
        self.video, self.audio, self.start = video, audio, time.time()

    async def until(self, seconds):
        await asyncio.sleep(max(0, self.start + seconds - time.time()))

    async def pictures(self):
        encoder = av.CodecContext.create("libx264", "w")
        encoder.width, encoder.height, encoder.pix_fmt = material.WIDTH, material.HEIGHT, "yuv420p"
        encoder.framerate = fractions.Fraction(material.FRAME_RATE, 1)
        encoder.time_base = fractions.Fraction(1, material.FRAME_RATE)
        encoder.bit_rate, encoder.gop_size = 1_500_000, 250
        encoder.profile = "Baseline"
        encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "sc_threshold": "0"}
        packetizer, number = H264Encoder(), 0
        while True:
            await self.until(number / material.FRAME_RATE)
            for encoded in encoder.encode(material.picture(number, noise=True)):
                payloads, timestamp = packetizer.pack(encoded)
                sent = time.time() * 1_000
                lost = self.video.send(payloads, timestamp)
                tell(picture=number, sent=sent, lost=lost)
            if number % material.FRAME_RATE == 0:
                self.video.report(number * 90_000 // material.FRAME_RATE)
            number += 1

    async def sound(self):
        encoder = av.CodecContext.create("libopus", "w")
        encoder.sample_rate, encoder.layout, encoder.format = material.AUDIO_RATE, "stereo", "s16"
        number = 0
        while True:
            await self.until(number * material.AUDIO_SAMPLES / material.AUDIO_RATE)
            for encoded in encoder.encode(material.tone(number, "stereo")):
                self.audio.send([bytes(encoded)], number * material.AUDIO_SAMPLES)
            if number % 50 == 0:
                self.audio.report(number * material.AUDIO_SAMPLES)
            number += 1


def listen(loop, line, ended):
    """What is said on standard input."""
    for said in sys.stdin:
        if said.strip() == "lose":
            line.losing = True
    loop.call_soon_threadsafe(ended.set)


async def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("url")
    arguments.add_argument("--codec", default="H264", choices=bare.FORMATS)
    arguments.add_argument("--loss", type=float, default=0)
    arguments.add_argument("--round-trip", type=float, default=0)
    wanted = arguments.parse_args()
    session = bare.Session(wanted.codec)
    await session.open(wanted.url, token())
    if not await session.connect() or not await session.shake_hands():
        tell(state="failed")
        return
    tell(state="connected")
    line = Line(wanted.loss, wanted.round_trip / 1_000)
    video = Stream(session, line, session.video_ssrc, bare.VIDEO)
    audio = Stream(session, line, session.audio_ssrc, bare.AUDIO)
    ended, show = asyncio.Event(), Show(video, audio)
    loop = asyncio.get_running_loop()
    playing = [asyncio.ensure_future(show.pictures()), asyncio.ensure_future(show.sound())]
    listening = loop.run_in_executor(None, listen, loop, line, ended)
    leaving = asyncio.ensure_future(ended.wait())
    await asyncio.wait([leaving, *playing], return_when=asyncio.FIRST_COMPLETED)
    # What was lost last is asked for once something follows it.
    line.losing, patience = False, time.time() + 1
    while None in video.asked_for.values() and time.time() < patience:
        await asyncio.sleep(0.01)
    for task in playing:
        task.cancel()
    late = [at and (at - video.missed[number]) * 1_000 for number, at in video.asked_for.items()]
    tell(late=late)
    await asyncio.to_thread(delete_session, session.address)
    await session.close()
    await listening


asyncio.run(main())
