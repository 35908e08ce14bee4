// A TURN server of one's own: coturn on this machine, as an operator would run it for a venue.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./line";

const SECRET = "shared by the venue and its TURN server";

/** Takes TCP alone, as where nothing else comes through. */
export class TurnServer {
  private constructor(
    private readonly process: ChildProcess,
    private readonly folder: string,
    readonly port: number,
  ) {}

  static async start(): Promise<TurnServer> {
    const folder = mkdtempSync(join(tmpdir(), "bandstand-turn-"));
    const port = await freePort();
    const configuration = [
      `listening-port=${port}`,
      "listening-ip=127.0.0.1",
      "relay-ip=127.0.0.1",
      "realm=turn.example",
      "use-auth-secret",
      `static-auth-secret=${SECRET}`,
      "no-udp",
      "no-tls",
      "no-dtls",
      "no-cli",
      "no-multicast-peers",
      // The media core is on this machine, too.
      "allow-loopback-peers",
      // It wants a password for the console that it is told not to have.
      "cli-password=unused",
      `userdb=${join(folder, "turn.db")}`,
      `pidfile=${join(folder, "turn.pid")}`,
      "log-file=stdout",
    ];
    const file = join(folder, "turnserver.conf");
    writeFileSync(file, `${configuration.join("\n")}\n`);
    const server = spawn("turnserver", ["-c", file], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
    let log = "";
    for (const stream of [server.stdout, server.stderr]) stream?.on("data", (chunk) => (log += chunk));
    let ended = false;
    server.once("exit", () => (ended = true));
    while (!(await answers(port))) {
      if (ended) throw new Error(`the TURN server ended:\n${log}`);
    }
    return new TurnServer(server, folder, port);
  }

  /** How a venue has to be started whose operator has this server. */
  get flags(): string[] {
    return ["--ice-servers", `turn:127.0.0.1:${this.port}?transport=tcp`, "--turn-secret", SECRET];
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.process.once("exit", resolve));
    if (this.process.exitCode === null) {
      this.process.kill("SIGTERM");
      await ended;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Whether something takes TCP at this port; asked again after a moment at the earliest. */
async function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => setTimeout(() => resolve(false), 50));
  });
}
