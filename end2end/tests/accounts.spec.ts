// Accounts: mails with links, sessions elsewhere, leaving.
import { readFileSync } from "node:fs";
import { PASSWORD, announce, goLive, linkInMail, register } from "./steps";
import { type Person, expect, test } from "./venue";

const NEW = "early winter jazz";

async function logIn(person: Person, login: string, password: string): Promise<void> {
  const { page } = person;
  await person.goto("/log-in");
  await page.getByLabel("Handle or e-mail").fill(login);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Log in", exact: true }).click();
}

test("register, confirm by mail, forget the password, and all other sessions are gone", async ({
  person,
  complaints,
}) => {
  // What the browser says of answers that refuse.
  complaints.expected.push(/Failed to load resource/);
  const ana = await person("Ana");
  const { page } = ana;
  const handle = await register(ana, "visitor");
  const email = `${handle}@example.org`;
  await ana.goto("/settings");
  await expect(page.getByText("Please confirm your e-mail address")).toBeVisible();
  await page.getByRole("button", { name: "Send it again" }).click();
  await expect(page.getByText("A mail is on its way.")).toBeVisible();

  const link = await linkInMail(ana, email, "Confirm your e-mail address");
  await page.goto(link);
  await ana.alive();
  await expect(page).toHaveURL(/\/confirm$/);
  await page.getByRole("button", { name: "Confirm" }).click();
  await expect(page.getByText(`${email} is confirmed.`)).toBeVisible();
  await linkInMail(ana, email, "Welcome to Bandstand");
  // The same link again.
  await page.goto("about:blank");
  await page.goto(link);
  await ana.alive();
  await page.getByRole("button", { name: "Confirm" }).click();
  await expect(page.getByText("This link was used already, or is too old.")).toBeVisible();

  const phone = await person("Ana, phone");
  await phone.goto("/log-in");
  await phone.page.getByRole("link", { name: "Get a new one" }).click();
  await expect(phone.page.getByRole("heading", { name: "A new password" })).toBeVisible();
  await phone.page.getByLabel("Handle or e-mail").fill(email);
  await phone.page.getByRole("button", { name: "Send me the link" }).click();
  await expect(phone.page.getByText("a mail is on its way")).toBeVisible();
  await phone.page.goto(await linkInMail(phone, email, "A new password"));
  await phone.alive();
  await phone.page.getByLabel("New password", { exact: true }).fill("password1");
  await phone.page.getByRole("button", { name: "Take this password" }).click();
  await expect(phone.page.getByText("among the first that would be guessed")).toBeVisible();
  await phone.page.getByLabel("New password", { exact: true }).fill(NEW);
  await phone.page.getByRole("button", { name: "Take this password" }).click();
  await expect(phone.page.getByText(`@${handle} has a new password.`)).toBeVisible();

  // The first browser is nobody now; the old password opens nothing, the new one does.
  await ana.goto("/settings");
  await expect(page).toHaveURL(/\/log-in\?next=/);
  await logIn(ana, handle, PASSWORD);
  await expect(page.getByText("That name and password don’t match.")).toBeVisible();
  await logIn(ana, email, NEW);
  await expect(page.getByText("Ana", { exact: true }).first()).toBeVisible();
});

test("a session ended elsewhere leaves the stage and is nobody", async ({ person, complaints }) => {
  complaints.expected.push(/Failed to load resource/);
  const studio = await person("Mira Voss");
  const handle = await register(studio, "artist");
  const show = await announce(studio, "Mira Voss at the Harbour");
  await goLive(studio, show);
  const visitor = await person("Tom");
  await visitor.goto("/");
  await expect(visitor.page.getByText("Live now").first()).toBeVisible();

  const phone = await person("Mira, phone", { viewport: { width: 390, height: 844 } });
  await logIn(phone, handle, PASSWORD);
  await expect(phone.page).toHaveURL(/:\d+\/$/);
  await phone.goto("/settings#sessions");
  const sessions = phone.page.getByRole("region", { name: "Sessions" });
  await expect(sessions.getByRole("listitem")).toHaveCount(2);
  await sessions.getByRole("button", { name: /^End the session in/ }).click();
  await expect(phone.page.getByText("That session has ended.")).toBeVisible();
  // How soon the server cuts is measured where nothing else takes time: in server/tests/own_sessions.rs.
  await expect(studio.page.getByText("You are live.")).toHaveCount(0);
  await expect(sessions.getByRole("listitem")).toHaveCount(1);
  await studio.goto("/dashboard");
  await expect(studio.page).toHaveURL(/\/log-in\?next=/);
});

test("an account takes its data along, leaves, and comes back", async ({ person, complaints }) => {
  complaints.expected.push(/Failed to load resource/);
  const mira = await person("Mira Voss");
  const { page } = mira;
  const handle = await register(mira, "artist");
  const show = await announce(mira, "Mira Voss at the Harbour");
  await mira.goto("/settings#data");
  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: "Download your data" }).click();
  const file = await download;
  expect(file.suggestedFilename()).toBe("bandstand.json");
  const data = JSON.parse(readFileSync(await file.path(), "utf8"));
  expect(data.account.email).toBe(`${handle}@example.org`);
  expect(data.shows[0].title).toBe("Mira Voss at the Harbour");

  const leave = page.getByRole("region", { name: "Your data" });
  await leave.getByLabel("Your password").fill("not this one");
  await leave.getByRole("button", { name: "Delete my account" }).click();
  await expect(leave.getByText("That is not your password.")).toBeVisible();
  await leave.getByLabel("Your password").fill(PASSWORD);
  await leave.getByRole("button", { name: "Delete my account" }).click();
  await expect(page.getByRole("link", { name: "Log in" }).first()).toBeVisible();
  const gone = await page.request.get(mira.venue.url + show, { headers: { Accept: "text/html" } });
  expect(gone.status()).toBe(410);

  await logIn(mira, handle, PASSWORD);
  await expect(page.getByText("You have deleted this account.")).toBeVisible();
  await page.getByRole("button", { name: "Take my account back" }).click();
  await expect(page.getByText("Mira Voss", { exact: true }).first()).toBeVisible();
});
