// Numbers in pictures: what was sent is told from what was decoded by them (`interoperation/material.py`
// draws the same ones). A number's lower sixteen bits stand in the topmost row as blocks, white for one, and
// upside down in the row below: what was decoded wrongly isn't taken for a number.
import type { Person } from "./venue";

/** One decoded picture: its number, or null for one that can't be read; the wall clock's milliseconds. */
export type Marker = [number: number | null, at: number];

interface Page {
  keptConnections: RTCPeerConnection[];
  markers: Marker[];
  drawn: number;
}

/** In place of a camera the person's pages have a canvas with numbered pictures, fifteen a second. */
export async function numberedCamera(person: Person): Promise<void> {
  await person.context.addInitScript(() => {
    const page = window as unknown as Page;
    page.drawn = 0;
    const draw = (canvas: HTMLCanvasElement) => {
      const context = canvas.getContext("2d")!;
      const block = canvas.width / 16;
      const track = canvas.captureStream(0).getVideoTracks()[0] as CanvasCaptureMediaStreamTrack;
      setInterval(() => {
        page.drawn += 1;
        for (let bit = 0; bit < 16; bit++) {
          const one = (page.drawn >> (15 - bit)) & 1;
          for (const row of [0, 1]) {
            context.fillStyle = one ^ row ? "white" : "black";
            context.fillRect(bit * block, row * block, block, block);
          }
        }
        context.fillStyle = `hsl(${page.drawn} 60% 50%)`;
        context.fillRect(0, 2 * block, canvas.width, canvas.height);
        track.requestFrame();
      }, 1_000 / 15);
      return track;
    };
    const devices = navigator.mediaDevices;
    const open = devices.getUserMedia.bind(devices);
    devices.getUserMedia = async (wanted = {}) => {
      const stream = wanted.audio ? await open({ audio: wanted.audio }) : new MediaStream();
      if (wanted.video)
        stream.addTrack(draw(Object.assign(document.createElement("canvas"), { width: 640, height: 480 })));
      return stream;
    };
  });
}

/** How many pictures were drawn so far. */
export async function drawnPictures(person: Person): Promise<number> {
  return person.page.evaluate(() => (window as unknown as Page).drawn);
}

/** From now on notes every picture that the page's newest living connection decodes. */
export async function noteMarkers(person: Person): Promise<void> {
  await person.page.evaluate(() => {
    const page = window as unknown as Page;
    page.markers = [];
    const { track } = page.keptConnections
      .filter((connection) => connection.connectionState !== "closed")
      .at(-1)!
      .getReceivers()
      .find((receiver) => receiver.track.kind === "video")!;
    // @ts-expect-error of Chromium alone
    const frames: ReadableStreamDefaultReader<VideoFrame> = new MediaStreamTrackProcessor({
      track,
      maxBufferSize: 60,
    }).readable.getReader();
    const read = async (frame: VideoFrame): Promise<number | null> => {
      const { width } = frame.visibleRect!;
      const block = width / 16;
      const height = 2 * Math.ceil(block);
      const rect = { x: 0, y: 0, width, height };
      const pixels = new Uint8Array(frame.allocationSize({ rect }));
      const [luma] = await frame.copyTo(pixels, { rect });
      const at = (bit: number, row: number) =>
        pixels[luma!.offset + Math.floor((row + 0.5) * block) * luma!.stride + Math.floor((bit + 0.5) * block)]!;
      let number = 0;
      for (let bit = 0; bit < 16; bit++) {
        const [above, below] = [at(bit, 0), at(bit, 1)];
        if (Math.abs(above - below) < 100) return null;
        number = 2 * number + Number(above > below);
      }
      return number;
    };
    const note = async () => {
      for (;;) {
        const { done, value: frame } = await frames.read();
        if (done) return;
        const at = performance.timeOrigin + performance.now();
        page.markers.push([await read(frame), at]);
        frame.close();
      }
    };
    void note();
  });
}

/** What was noted so far. */
export async function notedMarkers(person: Person): Promise<Marker[]> {
  return person.page.evaluate(() => (window as unknown as Page).markers);
}
