// Eyevinn's WHIP and WHEP clients as a page elsewhere would use them; bundled for the test.
import { WebRTCPlayer } from "@eyevinn/webrtc-player";
import { WHIPClient } from "@eyevinn/whip-web-client";

Object.assign(window, {
  async publish(endpoint, token) {
    const client = new WHIPClient({ endpoint, opts: { authkey: token, iceServers: [] } });
    await client.setIceServersFromEndpoint();
    await client.ingest(await navigator.mediaDevices.getUserMedia({ audio: true, video: true }));
    window.leave = () => client.destroy();
    return client.getResourceUrl();
  },
  async watch(url, token) {
    const player = new WebRTCPlayer({ video: document.querySelector("video"), type: "whep", iceServers: [] });
    await player.load(new URL(url), `Bearer ${token}`);
    window.leave = () => player.unload();
  },
});
