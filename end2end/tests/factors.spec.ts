// Passkeys and the second factor.
import { createHmac } from "node:crypto";
import { logOut, register } from "./steps";
import { type Person, expect, test } from "./venue";

const PASSWORD = "late summer folk";

/** The six digits of RFC 6238 for a base32 secret, `steps` half minutes from now. */
function code(secret: string, steps: number): string {
  const bits = [...secret]
    .map((c) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(c).toString(2).padStart(5, "0"))
    .join("");
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
  const mac = createHmac("sha1", key).update(counter).digest();
  const at = (mac.at(-1) ?? 0) & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

async function handleOf(person: Person): Promise<string> {
  const menu = person.page.locator("#person-menu > p");
  return ((await menu.textContent()) ?? "").replace("@", "");
}

async function logIn(person: Person, handle: string): Promise<void> {
  const { page } = person;
  await person.goto("/log-in?next=/settings%23security");
  await page.getByLabel("Handle or e-mail").fill(handle);
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Log in", exact: true }).click();
}

test("a second factor is set up, asked for, used once, recovered from and turned off", async ({
  person,
  complaints,
}) => {
  complaints.expected.push(/Failed to load resource.*(401|422)/);
  const tom = await person("Tom");
  const { page } = tom;
  await register(tom, "visitor");
  await tom.goto("/settings#security");
  const handle = await handleOf(tom);
  await page.getByRole("button", { name: "Set up a second factor" }).click();
  const grouped = await page.locator("code.secret").innerText();
  expect(grouped, "to be typed").toMatch(/^(\w{4} )+\w{1,4}$/);
  const secret = grouped.replaceAll(" ", "");
  await expect(page.getByRole("img", { name: "The secret as a QR code" })).toBeVisible();
  const first = page.getByLabel("The code that the app shows now");
  await first.fill("000000");
  await page.getByRole("button", { name: "Turn it on" }).click();
  await expect(page.getByText("That code is not right", { exact: false })).toBeVisible();
  await first.fill(code(secret, 0));
  await page.getByRole("button", { name: "Turn it on" }).click();
  await expect(page.locator(".codes li")).toHaveCount(10);
  const recovery = await page.locator(".codes li").first().innerText();
  await page.getByRole("button", { name: "I’ve saved them" }).click();
  await expect(page.getByText("10 recovery codes are left", { exact: false })).toBeVisible();
  await logOut(tom);

  // The password alone opens nothing.
  await logIn(tom, handle);
  const field = page.getByLabel("Code", { exact: true });
  await expect(field).toBeFocused();
  const other = await tom.anotherTab();
  await other.goto("/settings");
  await expect(other.page).toHaveURL(/\/log-in/);
  await other.page.close();
  const next = code(secret, 1);
  await field.fill(next);
  await page.getByRole("button", { name: "Log in", exact: true }).click();
  await page.waitForURL(/\/settings#security$/);
  await logOut(tom);

  // A code is good once; a recovery code opens, once, when there is no phone.
  await logIn(tom, handle);
  await field.fill(next);
  await page.getByRole("button", { name: "Log in", exact: true }).click();
  await expect(page.getByText("or was used already", { exact: false })).toBeVisible();
  await field.fill(recovery);
  await page.getByRole("button", { name: "Log in", exact: true }).click();
  await page.waitForURL(/\/settings#security$/);
  await tom.alive();
  await expect(page.getByText("9 recovery codes are left", { exact: false })).toBeVisible();
  await page.getByRole("button", { name: "Turn it off" }).click();
  await expect(page.getByRole("button", { name: "Set up a second factor" })).toBeVisible();
});

test("a passkey is added, opens the account, and is removed", async ({ person, venue }) => {
  // Browsers tie passkeys to a name, and 127.0.0.1 is none.
  venue.url = venue.url.replace("127.0.0.1", "localhost");
  const tom = await person("Tom");
  const { page } = tom;
  const devices = await tom.context.newCDPSession(page);
  await devices.send("WebAuthn.enable");
  const { authenticatorId } = await devices.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  await register(tom, "visitor");
  await tom.goto("/settings#security");
  await page.getByLabel("Name of a new passkey").fill("My laptop");
  await page.getByRole("button", { name: "Add a passkey" }).click();
  await expect(page.getByRole("listitem").filter({ hasText: "My laptop" })).toBeVisible();
  const { credentials } = await devices.send("WebAuthn.getCredentials", { authenticatorId });
  expect(credentials.map((it) => [it.isResidentCredential, it.rpId])).toEqual([[true, "localhost"]]);
  await logOut(tom);

  await tom.goto("/log-in?next=/settings%23security");
  await page.getByRole("button", { name: "Log in with a passkey" }).click();
  await page.waitForURL(/\/settings#security$/);
  await tom.alive();
  await expect(page.getByRole("listitem").filter({ hasText: "My laptop" })).toContainText("last used");
  await page.getByRole("button", { name: "Remove My laptop" }).click();
  await expect(page.getByRole("listitem").filter({ hasText: "My laptop" })).toHaveCount(0);
});
