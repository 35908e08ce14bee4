// Programs that are not ours (`interoperation/program.py`), each in a process of its own.
import { type ChildProcess, spawn } from "node:child_process";
import { homedir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test as base, expect } from "./venue";

export const folder = join(import.meta.dirname, "../interoperation");
const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache");
const python = process.env.BANDSTAND_PYTHON ?? join(cache, "bandstand/python/bin/python");
/** Only Debian's own Python finds Debian's GStreamer. */
const debian = "/usr/bin/python3";

/** What a program tells of itself. */
export interface Told {
  status?: number;
  refused?: string;
  state?: string;
  playing?: boolean;
  connected?: boolean;
  left?: boolean;
  deleted?: number;
  video?: number;
  different?: number;
  audio?: number;
  loudest?: number;
  /** The number of a picture, the wall clock's milliseconds when it was sent, and whether not all of it arrived. */
  picture?: number;
  sent?: number;
  lost?: boolean;
  /** Of each lost packet, how many milliseconds after it could be missed it was asked for. */
  late?: (number | null)[];
}

export class Program {
  readonly told: Told[] = [];
  private errors = "";
  private readonly process: ChildProcess;

  constructor(script: string, args: string[], token: string) {
    const program = script.startsWith("gstreamer") ? debian : python;
    this.process = spawn(program, [join(folder, script), ...args], { stdio: "pipe" });
    this.say(token);
    // It may have ended.
    this.process.stdin!.on("error", () => {});
    this.process.stderr!.on("data", (chunk: Buffer) => (this.errors += chunk.toString()));
    createInterface(this.process.stdout!).on("line", (line) => this.told.push(JSON.parse(line) as Told));
  }

  say(line: string): void {
    this.process.stdin!.write(`${line}\n`);
  }

  /** Waits until it has told something like that. */
  async tells(what: string, is: (told: Told) => boolean): Promise<Told> {
    let found: Told | undefined;
    await expect
      .poll(() => (found = this.told.find(is)) !== undefined, { message: `the program: ${what}`, timeout: 30_000 })
      .toBe(true)
      .catch((error: Error) => {
        const told = this.told.filter((told) => told.picture === undefined);
        throw new Error(`${error.message}\n${JSON.stringify(told)}\n${this.errors}`);
      });
    return found!;
  }

  /** Waits until it was refused, and answers in which words. */
  async isRefused(): Promise<string> {
    return (await this.tells("is refused", (told) => told.refused !== undefined)).refused!;
  }

  /** Has it leave, and answers what it told of that. */
  async leave(): Promise<Told> {
    this.process.stdin!.end();
    return this.tells("has left", (told) => told.deleted !== undefined || told.left === true);
  }

  stop(): void {
    this.process.kill("SIGKILL");
  }
}

interface Fixtures {
  /** Starts a script of `interoperation`, to which the token is told. */
  program: (script: string, args: string[], token: string) => Program;
}

export const test = base.extend<Fixtures>({
  program: async ({}, use) => {
    const programs: Program[] = [];
    await use((script, args, token) => {
      const program = new Program(script, args, token);
      programs.push(program);
      return program;
    });
    for (const program of programs) program.stop();
  },
});
