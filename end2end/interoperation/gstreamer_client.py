"""A WHIP publisher on GStreamer's webrtcbin, run by the system's Python.

    gstreamer_client.py URL VP8|H265
"""

import sys
import threading

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402

import program  # noqa: E402

ENCODERS = {
    "VP8": "vp8enc deadline=1 keyframe-max-dist=60 ! rtpvp8pay",
    "H265": "x265enc speed-preset=ultrafast tune=zerolatency ! rtph265pay",
}

PIPELINE = """
webrtcbin name=peer bundle-policy=max-bundle
videotestsrc is-live=true pattern=ball ! video/x-raw,width=320,height=240,framerate=30/1
  ! {encoder} ! application/x-rtp,media=video,encoding-name={codec},payload=96 ! peer.
audiotestsrc is-live=true freq=440 ! audio/x-raw,rate=48000,channels=2
  ! opusenc ! rtpopuspay ! application/x-rtp,media=audio,encoding-name=OPUS,payload=97 ! peer.
"""


class Publisher:
    def __init__(self, url, token, codec):
        self.url, self.token, self.session = url, token, None
        self.loop = GLib.MainLoop()
        self.pipeline = Gst.parse_launch(PIPELINE.format(encoder=ENCODERS[codec], codec=codec))
        self.peer = self.pipeline.get_by_name("peer")
        self.peer.connect("on-negotiation-needed", lambda _: self.make_offer())
        self.peer.connect("notify::ice-gathering-state", lambda *_: self.look_at_candidates())
        self.peer.connect("notify::connection-state", lambda *_: self.tell_state())
        self.posted = False

    def run(self):
        for index in range(2):
            transceiver = self.peer.emit("get-transceiver", index)
            transceiver.set_property("direction", GstWebRTC.WebRTCRTPTransceiverDirection.SENDONLY)
        self.pipeline.set_state(Gst.State.PLAYING)
        program.at_the_end(self.loop.quit)
        self.loop.run()
        self.pipeline.set_state(Gst.State.NULL)
        if self.session:
            program.delete_session(self.session)

    def make_offer(self):
        def made(promise):
            # The offer belongs to the reply.
            self.reply = promise.get_reply()
            offer = self.reply.get_value("offer")
            self.peer.emit("set-local-description", offer, Gst.Promise.new())

        self.peer.emit("create-offer", None, Gst.Promise.new_with_change_func(made))

    def look_at_candidates(self):
        complete = GstWebRTC.WebRTCICEGatheringState.COMPLETE
        if self.peer.get_property("ice-gathering-state") == complete and not self.posted:
            self.posted = True
            offer = self.peer.get_property("local-description").sdp.as_text()
            threading.Thread(target=self.post, args=[offer], daemon=True).start()

    def post(self, offer):
        try:
            answer, self.session = program.open_session(self.url, self.token, offer)
        except SystemExit:
            self.loop.quit()
            return
        _, sdp = GstSdp.SDPMessage.new_from_text(answer)
        described = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.ANSWER, sdp)
        self.peer.emit("set-remote-description", described, Gst.Promise.new())

    def tell_state(self):
        program.tell(state=self.peer.get_property("connection-state").value_nick)


Gst.init(None)
Publisher(sys.argv[1], program.token(), sys.argv[2]).run()
