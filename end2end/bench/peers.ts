// An artist and a viewer with nothing but the browser's own WebRTC, and what the viewer sees.
import type { Browser, Page } from "@playwright/test";

/** One simulcast layer: its name, and how many times smaller it is than the picture. */
export type Layer = [rid: string, smaller: number, bitrate: number];

/** What a viewer saw in a while. */
export interface Seen {
  seconds: number;
  freezes: number;
  frozenSeconds: number;
  /** Between two pictures, in milliseconds; a while without any at its end counts. */
  longestGap: number;
  frames: number;
  kilobits: number;
  /** Pixels, over time. */
  height: number;
  /** Percent of the sound that had to be made up. */
  concealed: number;
}

/** A page at an address of the venue that has no program of its own. */
export async function page(browser: Browser, venue: string): Promise<Page> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${venue}/healthz`);
  return page;
}

/** The artist's offer: camera and microphone, the picture in these layers. */
export const offerStage = (page: Page, layers: Layer[]): Promise<string> =>
  page
    .evaluate(async (layers) => {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 1280, height: 720 } });
      const connection = new RTCPeerConnection();
      Object.assign(window, { connection });
      const [sound] = stream.getAudioTracks();
      const [picture] = stream.getVideoTracks();
      connection.addTransceiver(sound!, { direction: "sendonly", streams: [stream] });
      const sendEncodings = layers.map(([rid, scaleResolutionDownBy, maxBitrate]) => ({
        rid,
        scaleResolutionDownBy,
        maxBitrate,
      }));
      const video = connection.addTransceiver(picture!, { direction: "sendonly", streams: [stream], sendEncodings });
      const { codecs } = RTCRtpSender.getCapabilities("video")!;
      video.setCodecPreferences(codecs.filter((codec) => /VP8|rtx/.test(codec.mimeType)));
    }, layers)
    .then(() => offer(page));

/** A viewer's offer. */
export const offerSeat = (page: Page): Promise<string> =>
  page
    .evaluate(async () => {
      const connection = new RTCPeerConnection();
      Object.assign(window, { connection });
      connection.addTransceiver("audio", { direction: "recvonly" });
      connection.addTransceiver("video", { direction: "recvonly" });
    })
    .then(() => offer(page));

/**
 * The offer of what was added, as our own pages offer it: what is lost of the sound is sent again, and who
 * watches asks for the round trip.
 */
const offer = (page: Page): Promise<string> =>
  page.evaluate(async () => {
    const { connection } = window as unknown as { connection: RTCPeerConnection };
    const { sdp } = await connection.createOffer();
    const repaired = sdp!.replace(/(a=rtpmap:(\d+) opus\S+\r\n)/, "$1a=rtcp-fb:$2 nack\r\n");
    const watches = !connection.getSenders().some((sender) => sender.track);
    const changed = watches
      ? repaired.replace(/(a=rtpmap:(\d+) (VP8|VP9|H264|AV1)\/\S+\r\n)/g, "$1a=rtcp-fb:$2 rrtr\r\n")
      : repaired;
    await connection.setLocalDescription({ type: "offer", sdp: changed });
    return changed;
  });

/** Takes the answer. */
export const accept = (page: Page, sdp: string): Promise<void> =>
  page.evaluate(
    (sdp) =>
      (window as unknown as { connection: RTCPeerConnection }).connection.setRemoteDescription({ type: "answer", sdp }),
    sdp,
  );

/** Takes an offer; answers the answer. */
export const answer = (page: Page, sdp: string): Promise<string> =>
  page.evaluate(async (sdp) => {
    const connection = new RTCPeerConnection();
    Object.assign(window, { connection });
    await connection.setRemoteDescription({ type: "offer", sdp });
    await connection.setLocalDescription();
    return connection.localDescription!.sdp;
  }, sdp);

/**
 * Waits until the artist's browser sends the largest layer well, as it does once it knows its line. On a
 * machine that is too busy it may never; then what is measured is what there is.
 */
export async function sendsAll(page: Page, rid: string): Promise<void> {
  const until = Date.now() + 45_000;
  for (;;) {
    const bitrate = await page.evaluate(async (rid) => {
      const { connection } = window as unknown as { connection: RTCPeerConnection };
      const reports = [...(await connection.getStats()).values()];
      return reports.find((report) => report.type === "outbound-rtp" && report.rid === rid)?.targetBitrate ?? 0;
    }, rid);
    if (bitrate > 500_000) return;
    if (Date.now() > until) return console.log("  (the artist's browser doesn't send its largest layer)");
    await page.waitForTimeout(500);
  }
}

/** Shows what comes, and keeps when each picture was there. */
export const watch = async (page: Page): Promise<void> => {
  await page.evaluate(() => {
    const { connection } = window as unknown as { connection: RTCPeerConnection };
    const video = document.createElement("video");
    video.muted = true;
    video.srcObject = new MediaStream(connection.getReceivers().map((receiver) => receiver.track));
    document.body.append(video);
    const pictures: [number, number][] = [];
    Object.assign(window, { pictures });
    const look = (now: number) => {
      pictures.push([now, video.videoHeight]);
      video.requestVideoFrameCallback(look);
    };
    video.requestVideoFrameCallback(look);
    void video.play();
  });
  await page.waitForFunction(() => (window as unknown as { pictures: unknown[] }).pictures.length > 10, undefined, {
    timeout: 20_000,
  });
};

/** What the viewer sees for so many seconds; `happens` at their beginning. */
export async function see(page: Page, seconds: number, happens: () => unknown = () => {}): Promise<Seen> {
  const measure = () =>
    page.evaluate(async () => {
      const { connection, pictures } = window as unknown as {
        connection: RTCPeerConnection;
        pictures: [number, number][];
      };
      const sum = { freezes: 0, frozen: 0, frames: 0, bytes: 0, concealed: 0, samples: 0 };
      for (const report of (await connection.getStats()).values()) {
        if (report.type !== "inbound-rtp") continue;
        sum.bytes += report.bytesReceived;
        sum.freezes += report.freezeCount ?? 0;
        sum.frozen += report.totalFreezesDuration ?? 0;
        sum.frames += report.framesDecoded ?? 0;
        sum.concealed += report.concealedSamples ?? 0;
        sum.samples += report.totalSamplesReceived ?? 0;
      }
      return { ...sum, now: performance.now(), pictures: pictures.splice(0) };
    });
  const before = await measure();
  await happens();
  await page.waitForTimeout(seconds * 1_000);
  const after = await measure();
  let [at, shown] = before.pictures.at(-1) ?? [before.now, 0];
  let [longestGap, area] = [0, 0];
  for (const [next, height] of [...after.pictures, [after.now, 0] as [number, number]]) {
    longestGap = Math.max(longestGap, next - at);
    area += shown * (next - at);
    [at, shown] = [next, height];
  }
  const passed = (after.now - before.now) / 1_000;
  return {
    seconds: passed,
    freezes: after.freezes - before.freezes,
    frozenSeconds: after.frozen - before.frozen,
    longestGap,
    frames: after.frames - before.frames,
    kilobits: ((after.bytes - before.bytes) * 8) / 1_000 / passed,
    height: area / 1_000 / passed,
    concealed: (100 * (after.concealed - before.concealed)) / Math.max(1, after.samples - before.samples),
  };
}
