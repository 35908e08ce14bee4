// Flashes with a beep and a message at the same moment, and where they are in a recording.
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { promisify } from "node:util";
import { type Person, expect } from "./venue";

const run = promisify(execFile);

/** Milliseconds that a flash lasts. */
const LENGTH = 200;

interface Page {
  flash(): number;
  resize(width: number, height: number): void;
  played?: RTCPeerConnection;
}

/** In place of camera and microphone the person's pages have a dark picture that moves a little, and silence. */
export async function darkStage(person: Person): Promise<void> {
  await person.context.addInitScript((length) => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 640, height: 360 });
    const picture = canvas.getContext("2d")!;
    let [lit, drawn] = [false, 0];
    const draw = () => {
      picture.fillStyle = lit ? "white" : "black";
      picture.fillRect(0, 0, canvas.width, canvas.height);
      picture.fillStyle = `hsl(${(drawn++ * 7) % 360} 60% 30%)`;
      picture.fillRect((drawn * 4) % canvas.width, canvas.height - 40, 40, 40);
    };
    let sound: AudioContext | undefined;
    let gain: GainNode;
    const open = () => {
      const context = (sound ??= new AudioContext());
      if (!gain) {
        gain = new GainNode(context, { gain: 0 });
        const tone = new OscillatorNode(context, { frequency: 1_000 });
        tone.connect(gain);
        tone.start();
        setInterval(draw, 1_000 / 30);
      }
      const heard = context.createMediaStreamDestination();
      gain.connect(heard);
      return heard.stream.getAudioTracks()[0]!;
    };
    Object.assign(window, {
      resize: (width: number, height: number) => Object.assign(canvas, { width, height }),
      flash: () => {
        lit = true;
        draw();
        const now = sound!.currentTime;
        gain.gain.setValueAtTime(0.8, now);
        gain.gain.setValueAtTime(0, now + length / 1_000);
        setTimeout(() => (lit = false), length);
        return Date.now();
      },
    });
    navigator.mediaDevices.getUserMedia = async (wanted = {}) => {
      const stream = new MediaStream();
      if (wanted.audio) stream.addTrack(open());
      if (wanted.video) stream.addTrack(canvas.captureStream().getVideoTracks()[0]!);
      return stream;
    };
  }, LENGTH);
}

/** Flashes and beeps, and says `text` at the same moment; answers when that was. */
export async function flash(person: Person, show: string, text: string): Promise<number> {
  return person.page.evaluate(
    async ([body]) => {
      const at = (window as unknown as Page).flash();
      const headers = { "Content-Type": "application/json" };
      const answer = await fetch("/api/chat/post", { method: "POST", headers, body });
      if (!answer.ok) throw new Error(await answer.text());
      return at;
    },
    [JSON.stringify({ place: `show:${show}`, id: randomUUID(), text })] as const,
  );
}

/** Goes on stage with a stream key, in one format, from a page that isn't the studio; whoever is there is replaced. */
export async function playIn(person: Person, key: string, format: string): Promise<void> {
  await person.page.evaluate(
    async ([key, format]) => {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
      const connection = new RTCPeerConnection();
      for (const track of stream.getTracks()) {
        const way = connection.addTransceiver(track, { direction: "sendonly", streams: [stream] });
        if (track.kind === "audio") continue;
        const { codecs } = RTCRtpSender.getCapabilities("video")!;
        const wanted = codecs.filter((codec) => [format, "video/rtx"].includes(codec.mimeType));
        way.setCodecPreferences(wanted);
      }
      await connection.setLocalDescription();
      const headers = { Authorization: `Bearer ${key}`, "Content-Type": "application/sdp" };
      const answer = await fetch("/whip", { method: "POST", headers, body: connection.localDescription!.sdp });
      if (!answer.ok) throw new Error(await answer.text());
      await connection.setRemoteDescription({ type: "answer", sdp: await answer.text() });
      const page = window as unknown as Page;
      page.played?.close();
      page.played = connection;
    },
    [key, format] as const,
  );
}

/** Ends the connection of `playIn`, and not its session. */
export async function hangUp(person: Person): Promise<void> {
  await person.page.evaluate(() => (window as unknown as Page).played!.close());
}

/** Goes on in another size. */
export async function resize(person: Person, width: number, height: number): Promise<void> {
  await person.page.evaluate(([width, height]) => (window as unknown as Page).resize(width, height), [
    width,
    height,
  ] as const);
}

/** What FFmpeg says on its standard output; it must have nothing to complain of. */
async function silently(program: string, args: string[], path: string): Promise<string> {
  const { stdout, stderr } = await run(program, ["-v", "error", ...args], { maxBuffer: 1 << 28 });
  expect(stderr, `${program} on ${path}`).toBe("");
  return stdout;
}

/** Reads a whole file by FFmpeg, which has nothing to complain of. */
export async function readsThrough(path: string): Promise<void> {
  await silently("ffprobe", ["-show_format", "-show_streams", "-show_packets", "-of", "csv", path], path);
  // Frames have the times that the file gives them, however near each other: by itself FFmpeg makes an even rate of them.
  await silently("ffmpeg", ["-i", path, "-map", "0", "-enc_time_base", "-1", "-f", "null", "-"], path);
}

/** The milliseconds of a file at which a value that FFmpeg's filters tell climbs over `threshold`. */
async function climbs(path: string, filters: string[], value: string, threshold: number): Promise<number[]> {
  const told = await silently(
    "ffmpeg",
    ["-copyts", "-i", path, ...filters, "-enc_time_base", "-1", "-f", "null", "-"],
    path,
  );
  const found: number[] = [];
  let [time, above] = [0, false];
  for (const line of told.split("\n")) {
    const at = /pts_time:(\S+)/.exec(line);
    if (at) time = Number(at[1]) * 1_000;
    if (!line.startsWith(value)) continue;
    const now = Number(line.split("=")[1]) > threshold;
    if (now && !above) found.push(time);
    above = now;
  }
  return found;
}

/** The milliseconds of a file at which it begins to be bright. */
export async function flashesIn(path: string): Promise<number[]> {
  const filters = "scale=16:9,signalstats,metadata=print:key=lavfi.signalstats.YAVG:file=-";
  return climbs(path, ["-map", "0:v", "-vf", filters], "lavfi.signalstats.YAVG", 140);
}

/** The milliseconds of a file at which it begins to be loud, in steps of five. */
export async function beepsIn(path: string): Promise<number[]> {
  const level = "astats=metadata=1:reset=1:measure_overall=RMS_level:measure_perchannel=none";
  const filters = `asetnsamples=n=240:p=0,${level},ametadata=print:key=lavfi.astats.Overall.RMS_level:file=-`;
  return climbs(path, ["-map", "0:a", "-af", filters], "lavfi.astats.Overall.RMS_level", -30);
}
