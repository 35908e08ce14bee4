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
  await expect(page.getByText("“Kitchen laptop” shows the code")).toBeVisible();
  await page.getByRole("button", { name: "Let it in" }).press("Enter");
  await expect(page.getByRole("status").getByText("Let in.")).toBeVisible();

  const token = await ask("/device/token", { device_code: begun.body.device_code });
  expect(token.status).toBe(200);
  const shows = () =>
    fetch(`${venue.url}/api/v1/shows`, { headers: { authorization: `Bearer ${token.body.access_token}` } });
  expect((await shows()).status).toBe(200);
  await artist.goto("/device");
  await page.getByRole("button", { name: /Revoke.*Kitchen laptop/ }).press("Enter");
  await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).press("Enter");
  await expect(page.getByText("None yet.")).toBeVisible();
  expect((await shows()).status).toBe(401);
});
