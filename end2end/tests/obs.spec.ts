// OBS and other programs on stage, and what is told of the line.
import { announce, enterAsGuest, register, unfold } from "./steps";
import { type Person, expect, test } from "./venue";

/** Publishes as another program would that has nothing but the server's address and a stream key. */
async function publish(program: Person, server: string, key: string): Promise<number> {
  return program.page.evaluate(
    async ([server, key]) => {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
      const connection = new RTCPeerConnection();
      for (const track of stream.getTracks()) connection.addTransceiver(track, { direction: "sendonly" });
      await connection.setLocalDescription(await connection.createOffer());
      const answer = await fetch(server, {
        method: "POST",
        headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/sdp" },
        body: connection.localDescription?.sdp,
      });
      if (answer.ok) await connection.setRemoteDescription({ type: "answer", sdp: await answer.text() });
      return answer.status;
    },
    [server, key] as const,
  );
}

test("an artist makes a stream key, plays from another program, and takes the key back", async ({
  person,
  complaints,
}) => {
  complaints.expected.push(/401 \(Unauthorized\)/);
  const artist = await person("Mira Voss");
  await artist.context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await register(artist, "artist");
  const show = await announce(artist, "Mira Voss at the Harbour");
  await artist.goto(`${show}/studio`);
  const { page } = artist;
  await page.getByText("Stream from OBS").click();
  await page.getByRole("button", { name: "Make a stream key" }).click();
  await expect(page.getByText("The name is missing.")).toBeVisible();
  await page.getByLabel("What is the key for?").fill("OBS on my laptop");
  await page.getByRole("button", { name: "Make a stream key" }).click();
  const key = await page.getByLabel("Bearer Token (your stream key)", { exact: true }).inputValue();
  expect(key).toMatch(/^bandstand_[\w-]{32}$/);
  const server = await page.getByLabel("Server", { exact: true }).inputValue();
  await page.getByRole("button", { name: "Copy: Server" }).click();
  await expect(page.getByText("Copied.")).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(server);
  await expect(page.getByText(`…${key.slice(-4)}`, { exact: false })).toBeVisible();
  await expect(page.getByText("never used", { exact: false })).toBeVisible();

  const program = await person("OBS");
  await program.goto("/");
  expect(await publish(program, server, key)).toBe(201);
  await expect(page.getByText("You are on stage from another tab or program.", { exact: false })).toBeVisible();
  const ana = await person("Ana");
  await enterAsGuest(ana, show);
  await ana.seesAndHears();
  await unfold(artist, "Your connection");
  await expect(page.getByText(/[kM]bit\/s, \d+\.\d % lost/)).toBeVisible({ timeout: 15_000 });
  await expect(page.getByText(/^\d+ lines: \d+(\.\d)? [kM]bit\/s/)).toBeVisible();
  await expect(page.getByText(/^One connection/)).toBeVisible();
  await ana.page.getByText("Picture or sound trouble?").click();
  // What is wrong depends on how busy the machine is; that something is said, doesn't.
  await expect(ana.page.getByText("Measuring…")).toHaveCount(0);
  await expect(ana.page.getByText(/\d+ × \d+, \d+ frames a second/)).toBeVisible();
  await expect(ana.page.getByText("Your bandwidth (estimate)")).toBeVisible();
  await expect(ana.page.getByText("Lost on the artist's way")).toBeVisible();

  // After a reload the key itself is gone for good.
  await artist.goto(`${show}/studio`);
  await page.getByText("Stream from OBS").click();
  await expect(page.getByText(/used (Today|Tonight)/)).toBeVisible();
  expect(await page.content()).not.toContain(key);
  await page.getByRole("button", { name: "Revoke OBS on my laptop" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
  await expect(page.getByText("Revoked.", { exact: false })).toBeVisible();
  await expect(ana.page.getByText("Mira Voss will be back any moment.", { exact: false })).toBeVisible();
  expect(await publish(program, server, key)).toBe(401);
});
