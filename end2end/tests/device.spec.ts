// A program in a terminal is let in by the code that it shows, and sent away again.
import { register } from "./steps";
import { expect, test } from "./venue";

test("a program is let in by its code, by keyboard, and revoked", async ({ person, venue, complaints }) => {
  const artist = await person("Mira Voss");
  const { page } = artist;
  await register(artist, "artist");
  const ask = async (path: string, body: object) => {
    const headers = { "content-type": "application/json" };
    const response = await fetch(`${venue.url}/api/v1${path}`, { method: "POST", headers, body: JSON.stringify(body) });
    return { status: response.status, body: await response.json() };
  };
  const begun = await ask("/device", { program: "Kitchen laptop" });
  expect(begun.status).toBe(200);

  complaints.expected.push(/status of 4\d\d/);
  await artist.goto("/device");
  const code = page.getByRole("textbox", { name: "Code" });
  await code.fill("nonsense!");
  await code.press("Enter");
  await expect(code).toHaveAttribute("aria-invalid", "true");
  await code.fill(begun.body.user_code.toLowerCase());
  await code.press("Enter");
  // Read out with the warning, and not lost with the form before.
  const question = page.getByRole("group", { name: "“Kitchen laptop” shows the code" });
  await expect(question).toBeFocused();
  await expect(question).toHaveAccessibleDescription(/can’t be told/);
  await page.getByRole("button", { name: "Let it in" }).press("Enter");
  await expect(page.getByRole("status").getByText("Let in.")).toBeVisible();
  await expect(page.getByRole("heading", { name: "Let a program in" })).toBeFocused();

  const token = await ask("/device/token", { device_code: begun.body.device_code });
  expect(token.status).toBe(200);
  const shows = () =>
    fetch(`${venue.url}/api/v1/shows`, { headers: { authorization: `Bearer ${token.body.access_token}` } });
  expect((await shows()).status).toBe(200);

  // One that is decided about elsewhere meanwhile.
  const other = await ask("/device", { program: "Old laptop" });
  await code.fill(other.body.user_code);
  await code.press("Enter");
  await expect(page.getByRole("group", { name: "“Old laptop” shows the code" })).toBeFocused();
  const decided = await page.request.post(`${venue.url}/api/api_tokens/decide`, {
    headers: { origin: venue.url },
    data: { code: other.body.user_code, allowed: false },
  });
  expect(decided.status()).toBe(200);
  await page.getByRole("button", { name: "Let it in" }).press("Enter");
  await expect(code).toBeFocused();
  await expect(code).toHaveAccessibleDescription(/No program waits with this code/);

  // The list has learnt of the first one by itself.
  await page.getByRole("button", { name: /Revoke.*Kitchen laptop/ }).press("Enter");
  await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).press("Enter");
  await expect(page.getByText("None yet.")).toBeVisible();
  expect((await shows()).status).toBe(401);
});
