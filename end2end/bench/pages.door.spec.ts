// Requests a second for pages of people whom nobody knows, beside nginx giving out the same bytes.
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../tests/line";
import { announce, register } from "../tests/steps";
import { expect, test } from "../tests/venue";
import { percentile, report } from "./figures";

const SHOWS = 24;
const ROUNDS = 3;
const SECONDS = 3;
const CONNECTIONS = 64;

/** An answer's bytes as they go over the wire. */
function bytes(url: string, coding: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    get(url, { headers: { "Accept-Encoding": coding } }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => resolve(Buffer.concat(chunks)));
    }).on("error", reject);
  });
}

/** Requests a second, and all of them answered with success. */
function wrk(url: string, coding: string): number {
  const flags = ["-t1", `-c${CONNECTIONS}`, `-d${SECONDS}s`, "-H", `Accept-Encoding: ${coding}`];
  const said = execFileSync("wrk", [...flags, url], { encoding: "utf8" });
  expect(said).not.toMatch(/Non-2xx|Socket errors/);
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(said)?.[1]);
}

test("pages for everybody, beside nginx", async ({ person, venue }) => {
  const artist = await person("Mira Voss");
  await register(artist, "artist");
  let show = "";
  for (let at = 0; at < SHOWS; at++) show = await announce(artist, `An evening, number ${at}`, 10 + at * 130);
  await artist.context.close();

  const folder = mkdtempSync(join(tmpdir(), "bandstand-nginx-"));
  const port = await freePort();
  writeFileSync(
    join(folder, "nginx.conf"),
    `user root; daemon off; worker_processes auto; pid ${folder}/pid; error_log stderr crit;
    events { worker_connections 1024; }
    http {
      access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000; open_file_cache max=16;
      default_type "text/html; charset=utf-8"; client_body_temp_path ${folder}/body;
      server { listen 127.0.0.1:${port}; root ${folder}; location /br/ { add_header Content-Encoding br; } }
    }`,
  );
  for (const coding of ["br", "identity"]) mkdirSync(join(folder, coding));
  const nginx = spawn("nginx", ["-e", "stderr", "-c", join(folder, "nginx.conf")], { stdio: "ignore" });
  try {
    for (const [what, path] of [
      ["What's on", "/"],
      ["a show's page", show],
    ]) {
      for (const coding of ["br", "identity"]) {
        const file = `${coding}/${path === "/" ? "home" : "show"}`;
        const page = await bytes(venue.url + path, coding);
        writeFileSync(join(folder, file), page);
        const same = `http://127.0.0.1:${port}/${file}`;
        await expect.poll(() => bytes(same, coding).catch(() => Buffer.of())).toEqual(page);
        const [theirs, ours]: [number[], number[]] = [[], []];
        for (let round = 0; round < ROUNDS; round++) {
          theirs.push(wrk(same, coding));
          ours.push(wrk(venue.url + path, coding));
        }
        const [nginxRate, rate] = [percentile(theirs, 0.5), percentile(ours, 0.5)];
        report(
          `${what} for people whom nobody knows, ${coding}`,
          `wrk with ${CONNECTIONS} connections for ${SECONDS} s, median of ${ROUNDS} in turn, same machine, ${page.length} bytes`,
          [
            ["nginx, requests a second", nginxRate.toFixed(0)],
            ["the venue", rate.toFixed(0)],
            ["share", (rate / nginxRate).toFixed(2)],
          ],
        );
      }
    }
  } finally {
    nginx.kill("SIGTERM");
    rmSync(folder, { recursive: true, force: true });
  }
});
