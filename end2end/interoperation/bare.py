"""A WHIP session put together from aiortc's transports: its offer and its packets are one's own."""

import asyncio

from aiortc import RTCCertificate, RTCDtlsTransport, RTCIceGatherer, RTCIceTransport
from aiortc.sdp import SessionDescription

from program import open_session

AUDIO, VIDEO = 111, 96

# As OBS Studio writes it, by libdatachannel.
OFFER = """v=0
o=rtc 1750262310 0 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0 1
a=group:LS 0 1
a=msid-semantic:WMS *
a=ice-options:ice2,trickle
a=fingerprint:sha-256 {fingerprint}
m=audio 9 UDP/TLS/RTP/SAVPF 111
c=IN IP4 0.0.0.0
a=mid:0
a=sendonly
a=ssrc:{audio_ssrc} cname:obs
a=ssrc:{audio_ssrc} msid:obs audio
a=msid:obs audio
a=rtcp-mux
a=rtpmap:111 opus/48000/2
a=fmtp:111 minptime=10;maxaveragebitrate=96000;stereo=1;sprop-stereo=1;useinbandfec=1
a=setup:actpass
a=ice-ufrag:{ufrag}
a=ice-pwd:{pwd}
m=video 9 UDP/TLS/RTP/SAVPF 96
c=IN IP4 0.0.0.0
a=mid:1
a=sendonly
a=ssrc:{video_ssrc} cname:obs
a=ssrc:{video_ssrc} msid:obs video
a=msid:obs video
a=rtcp-mux
a=rtpmap:96 {codec}/90000
a=rtcp-fb:96 nack
a=rtcp-fb:96 nack pli
a=rtcp-fb:96 goog-remb
{format}a=setup:actpass
a=ice-ufrag:{ufrag}
a=ice-pwd:{pwd}
"""

FORMATS = {
    "H264": "a=fmtp:96 profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1\n",
    "H265": "",
}


class Session:
    def __init__(self, codec="H264", audio_ssrc=0x0B500001, video_ssrc=0x0B500002):
        self.codec, self.audio_ssrc, self.video_ssrc = codec, audio_ssrc, video_ssrc
        self.gatherer = RTCIceGatherer(iceServers=[])
        self.ice = RTCIceTransport(self.gatherer)
        self.certificate = RTCCertificate.generateCertificate()
        self.dtls = RTCDtlsTransport(self.ice, [self.certificate])
        self.ice._connection.ice_controlling = True

    async def open(self, url, token, fingerprint=None):
        """Posts the offer, with another fingerprint than the certificate's where one is given."""
        await self.gatherer.gather()
        own = self.gatherer.getLocalParameters()
        fingerprints = self.dtls.getLocalParameters().fingerprints
        sha256 = next(one.value for one in fingerprints if one.algorithm == "sha-256")
        offer = OFFER.format(
            fingerprint=fingerprint or sha256,
            ufrag=own.usernameFragment,
            pwd=own.password,
            audio_ssrc=self.audio_ssrc,
            video_ssrc=self.video_ssrc,
            codec=self.codec,
            format=FORMATS[self.codec],
        ).replace("\n", "\r\n")
        answer, self.address = await asyncio.to_thread(open_session, url, token, offer)
        self.answered = SessionDescription.parse(answer).media[0]

    async def connect(self):
        """Finds the way to the server; whether there is one."""
        for candidate in self.answered.ice_candidates:
            await self.ice.addRemoteCandidate(candidate)
        await self.ice.addRemoteCandidate(None)
        self.answered.ice.iceLite = True
        await self.ice.start(self.answered.ice)
        return self.ice.state == "completed"

    async def shake_hands(self):
        """The DTLS handshake; whether it succeeds."""
        self.dtls._set_role("client")
        await self.dtls.start(self.answered.dtls)
        return self.dtls.state == "connected"

    async def close(self):
        await self.dtls.stop()
        await self.ice.stop()
