// Janus with its videoroom, in a process of its own, spoken to over WebSocket.
// <https://janus.conf.meetecho.com/docs/videoroom.html>
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import WebSocket from "ws";
import { freePort } from "../tests/line";

const ROOM = 1;
const PATIENCE = 10_000;

/** What Janus says; what it is depends on what it was asked. */
type Message = any;

export class Janus {
  private readonly waiting = new Map<string, (message: Message) => void>();
  private session = 0;
  private feed = 0;

  private constructor(
    private readonly process: ChildProcess,
    private readonly folder: string,
    private readonly socket: WebSocket,
  ) {
    socket.on("message", (text) => {
      const message = JSON.parse(`${text}`);
      // The videoroom acknowledges first and answers later, in the same transaction.
      if (message.janus === "ack") return;
      this.waiting.get(message.transaction)?.(message);
      this.waiting.delete(message.transaction);
    });
  }

  /** The version that is installed. */
  static version(): string {
    const { stdout } = spawnSync("janus", ["--version"], { encoding: "utf8" });
    return (
      stdout
        .split("\n")
        .find((line) => /janus/i.test(line))
        ?.trim() ?? "Janus"
    );
  }

  /** Starts it with a room for one publisher. */
  static async start(): Promise<Janus> {
    const folder = mkdtempSync(join(tmpdir(), "bandstand-janus-"));
    const port = await freePort();
    configure(folder, port);
    // It ends with the measurement, whatever ends that.
    const process = spawn("setpriv", ["--pdeathsig", "KILL", "janus", "--configs-folder", folder], { stdio: "ignore" });
    const until = Date.now() + PATIENCE;
    for (;;) {
      const socket = new WebSocket(`ws://127.0.0.1:${port}`, "janus-protocol");
      const open = await new Promise<boolean>((resolve) => {
        socket.once("open", () => resolve(true));
        socket.once("error", () => resolve(false));
      });
      if (open) {
        const janus = new Janus(process, folder, socket);
        await janus.open();
        return janus;
      }
      if (Date.now() > until) throw new Error("Janus can't be reached");
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** The answer to the artist's offer, whose layers are called l, m and h, in this order. */
  async publish(offer: string): Promise<string> {
    const handle = await this.attach();
    const joined = await this.say(handle, { request: "join", ptype: "publisher", room: ROOM });
    this.feed = joined.plugindata.data.id;
    const published = await this.say(
      handle,
      { request: "publish", bitrate: 0 },
      { type: "offer", sdp: offer, rid_order: "lmh" },
    );
    return published.jsep.sdp;
  }

  /** Janus' offer to a viewer, and what takes the answer. */
  async subscribe(): Promise<{ offer: string; answer: (sdp: string) => Promise<void> }> {
    const handle = await this.attach();
    const join = { request: "join", ptype: "subscriber", room: ROOM, streams: [{ feed: this.feed }] };
    const joined = await this.say(handle, join);
    const answer = async (sdp: string) => {
      await this.say(handle, { request: "start" }, { type: "answer", sdp });
    };
    return { offer: joined.jsep.sdp, answer };
  }

  stop(): void {
    this.socket.terminate();
    this.process.kill("SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async open(): Promise<void> {
    this.session = (await this.ask({ janus: "create" })).data.id;
    const room = { request: "create", room: ROOM, publishers: 1, bitrate: 0, audiocodec: "opus", videocodec: "vp8" };
    await this.say(await this.attach(), room);
  }

  private async attach(): Promise<number> {
    const attached = await this.ask({ janus: "attach", session_id: this.session, plugin: "janus.plugin.videoroom" });
    return attached.data.id;
  }

  private async say(handle: number, body: object, jsep?: object): Promise<Message> {
    const said = await this.ask({ janus: "message", session_id: this.session, handle_id: handle, body, jsep });
    if (said.plugindata?.data?.error) throw new Error(`Janus: ${said.plugindata.data.error}`);
    return said;
  }

  private ask(message: object): Promise<Message> {
    const transaction = Math.random().toString(36).slice(2);
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`Janus says nothing to ${JSON.stringify(message)}`)), PATIENCE);
      this.waiting.set(transaction, (said) => {
        clearTimeout(late);
        if (said.janus === "error") reject(new Error(`Janus: ${JSON.stringify(said.error)}`));
        else resolve(said);
      });
      this.socket.send(JSON.stringify({ ...message, transaction }));
    });
  }
}

/** As it comes, but ICE-lite, and with nothing that isn't used. */
function configure(folder: string, port: number): void {
  const libraries = (names: string) =>
    names
      .split(" ")
      .map((name) => `libjanus_${name}.so`)
      .join(",");
  const plugins = "audiobridge duktape echotest lua nosip recordplay sip streaming textroom videocall voicemail";
  writeFileSync(
    join(folder, "janus.jcfg"),
    `general: { debug_level = 1, session_timeout = 0 }
media: { ipv6 = false, rtp_port_range = "20000-40000" }
nat: { ice_lite = true, ice_tcp = false, ignore_mdns = true }
plugins: { disable = "${libraries(plugins)}" }
transports: { disable = "${libraries("http mqtt nanomsg rabbitmq pfunix")}" }
events: { broadcast = false }
`,
  );
  writeFileSync(
    join(folder, "janus.transport.websockets.jcfg"),
    `general: { json = "compact", ws = true, ws_ip = "127.0.0.1", ws_port = ${port} }\nadmin: { admin_ws = false }\n`,
  );
  writeFileSync(join(folder, "janus.plugin.videoroom.jcfg"), "general: { }\n");
}
