// An audience without browsers: live channels on bare sockets, thousands of them in one process.
import { randomBytes, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { type Socket, connect } from "node:net";

const TEXT = 1;
const CLOSE = 8;
const PING = 9;
/** A pong without a payload. Whoever sends to a server masks; four zeros are a mask. */
const PONG = Buffer.from([0x8a, 0x80, 0, 0, 0, 0]);

/** Somebody with cookies. */
export class Caller {
  private readonly cookies = new Map<string, string>();

  constructor(readonly url: string) {}

  get cookie(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  }

  /** Calls a server function as a page would. */
  async call<T = unknown>(name: string, body: object): Promise<T> {
    const headers = { "Content-Type": "application/json", Origin: this.url, Cookie: this.cookie };
    const answer = await fetch(`${this.url}/api/${name}`, { method: "POST", headers, body: JSON.stringify(body) });
    for (const cookie of answer.headers.getSetCookie()) {
      const [, key, value] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (key) this.cookies.set(key, value ?? "");
    }
    if (!answer.ok) throw new Error(`${name}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }
}

/** An artist's show that begins in an hour. */
export async function show(url: string): Promise<string> {
  const artist = new Caller(url);
  const handle = `bench-${randomBytes(4).toString("hex")}`;
  const profile = { stage_name: handle, genres: ["folk"] };
  const person = { handle, display_name: handle, email: `${handle}@example.org`, password: randomUUID() };
  await artist.call("accounts/register", { form: { ...person, artist: profile } });
  const clock = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString().slice(0, 16);
  const times = { starts: clock(1), ends: clock(3), time_zone: "UTC" };
  const words = { title: "Songs for many", description: "A quiet evening.", genres: ["folk"], members_only: false };
  return artist.call<string>("shows/create", { draft: { ...words, ...times } });
}

/** A guest who follows a show on a live channel, and counts what is told. */
export class Follower {
  /** The latest event that was told. */
  cursor = 0;
  /** Events told since the channel was opened. */
  told = 0;
  /** Text frames in which they were told. */
  frames = 0;
  /** True once the venue has closed the channel. */
  cut = false;
  /** Called with the cursor of the latest event, when it is told. */
  heard: (cursor: number) => void = () => {};
  private rest: Buffer | undefined;

  private constructor(private readonly socket: Socket) {
    socket.on("close", () => (this.cut = true));
    socket.on("error", () => (this.cut = true));
  }

  /** Follows `show` from the present on. */
  static async of(guest: Caller, show: string): Promise<Follower> {
    const { token } = await guest.call<{ token: string }>("live/join", { show });
    return Follower.at(guest, `show:${show}`, token);
  }

  /** Follows `topic` from the present on. */
  static async at(guest: Caller, topic: string, token?: string): Promise<Follower> {
    const { hostname, port, host } = new URL(guest.url);
    const socket = connect(Number(port), hostname);
    socket.setNoDelay();
    const follower = new Follower(socket);
    const key = randomBytes(16).toString("base64");
    socket.write(
      `GET /live HTTP/1.1\r\nHost: ${host}\r\nOrigin: ${guest.url}\r\nCookie: ${guest.cookie}\r\n` +
        `Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
    );
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.once("close", () => reject(new Error("the channel was closed")));
      socket.once("data", (head) => {
        const end = head.indexOf("\r\n\r\n") + 4;
        if (!head.toString("latin1").startsWith("HTTP/1.1 101")) return reject(new Error(head.toString()));
        const subscribed = () => resolve();
        socket.on("data", (bytes) => follower.read(bytes, subscribed));
        if (end < head.length) follower.read(head.subarray(end), subscribed);
        follower.say({ subscribe: { topic, token } });
      });
    });
    return follower;
  }

  close(): void {
    this.socket.destroy();
  }

  private say(frame: object): void {
    const payload = Buffer.from(JSON.stringify(frame));
    const length = payload.length > 125 ? [0xfe, payload.length >> 8, payload.length & 255] : [0x80 | payload.length];
    this.socket.write(Buffer.concat([Buffer.from([0x81, ...length, 0, 0, 0, 0]), payload]));
  }

  private read(bytes: Buffer, subscribed: () => void): void {
    let left = this.rest ? Buffer.concat([this.rest, bytes]) : bytes;
    this.rest = undefined;
    while (left.length >= 2) {
      const short = left[1]!;
      const start = short === 127 ? 10 : short === 126 ? 4 : 2;
      if (left.length < start) break;
      const length = start === 10 ? Number(left.readBigUInt64BE(2)) : start === 4 ? left.readUInt16BE(2) : short;
      if (left.length < start + length) break;
      this.frame(left[0]! & 15, left.subarray(start, start + length), subscribed);
      left = left.subarray(start + length);
    }
    if (left.length > 0) this.rest = Buffer.from(left);
  }

  private frame(kind: number, payload: Buffer, subscribed: () => void): void {
    if (kind === PING) this.socket.write(PONG);
    if (kind === CLOSE) this.cut = true;
    if (kind !== TEXT) return;
    // Only the beginning is looked at: what comes before the events themselves.
    const [, name, cursor] =
      /^\{"(events|subscribed|refused)":\{"topic":"[^"]*"(?:,"cursor":(\d+))?/.exec(
        payload.subarray(0, 120).toString("latin1"),
      ) ?? [];
    if (name === "refused") throw new Error(payload.toString());
    if (name === "subscribed") {
      this.cursor = Number(cursor);
      subscribed();
    } else if (name === "events") {
      this.told += Number(cursor) - this.cursor;
      this.frames += 1;
      this.cursor = Number(cursor);
      this.heard(this.cursor);
    }
  }
}

/** What a process has used so far. */
export function used(pid: number): { seconds: number; kibibytes: number } {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  // After the name, which stands in brackets; in hundredths of a second.
  const [user, system] = stat
    .slice(stat.lastIndexOf(")") + 2)
    .split(" ")
    .slice(11, 13);
  const [, resident] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "latin1")) ?? [];
  return { seconds: (Number(user) + Number(system)) / 100, kibibytes: Number(resident) };
}
