// What friends do in a room: answer, react, mention, share a file, plan something.
import { Buffer } from "node:buffer";
import { chatInput, makeRoom, register, said, say, talkMenu } from "./steps";
import { expect, test } from "./venue";

test("friends answer, react and mention in a room, and whoever is meant is told", async ({ person, firefoxPerson }) => {
  const ada = await person("Ada");
  await register(ada, "visitor");
  const room = await makeRoom(ada, "kitchen", "Kitchen", true);
  const ben = await firefoxPerson("Ben");
  const handle = await register(ben, "visitor");
  await ben.goto(room);
  await ben.page.getByRole("button", { name: "Join the room" }).click();
  await expect(chatInput(ben)).toBeEnabled();

  await say(ada, "Who cooks tonight?");
  await expect(said(ben, "Who cooks tonight?")).toBeVisible();
  await talkMenu(ben, "About Ada's message");
  await ben.page.getByRole("button", { name: "Thumbs up" }).click();
  await expect(ada.page.getByRole("button", { name: "Thumbs up, 1" })).toBeVisible();
  await talkMenu(ben, "About Ada's message");
  await ben.page.getByRole("button", { name: "Answer", exact: true }).click();
  await say(ben, "I do");
  await expect(said(ada, "I do")).toBeVisible();
  await ada.page.getByRole("button", { name: "1 answer" }).click();
  await expect(ada.page.getByRole("region", { name: "Answers" }).getByText("I do")).toBeVisible();
  await ada.page.getByRole("button", { name: "Back to all messages" }).click();

  // Ben looks at something else, and is told that somebody means him.
  await ben.page.getByRole("link", { name: "Rooms", exact: true }).click();
  await expect(ben.page.getByRole("heading", { name: "My rooms" })).toBeVisible();
  await say(ada, `@${handle} there is rice left`);
  await expect(said(ada, "there is rice left")).toBeVisible();
  await ben.page.getByRole("link", { name: /Notifications/ }).click();
  const notice = ben.page.getByRole("link", { name: /Ada mentioned you in Kitchen/ });
  await expect(notice).toBeVisible();
  await notice.click();
  await expect(said(ben, "there is rice left")).toBeVisible();

  // What Ada deletes is gone for all, and from what was told of it.
  await talkMenu(ada, "About your message", -1);
  await ada.page.getByRole("button", { name: "Delete", exact: true }).click();
  await expect(said(ben, "there is rice left")).toHaveCount(0);
  await ben.goto("/notifications");
  await expect(ben.page.getByText("mentioned you")).toHaveCount(0);
});

test("a file is shared and something planned in a room", async ({ person, firefoxPerson }) => {
  const ada = await person("Ada");
  await register(ada, "visitor");
  const room = await makeRoom(ada, "workshop", "Workshop", true);
  const ben = await firefoxPerson("Ben");
  await register(ben, "visitor");
  await ben.goto(room);
  await ben.page.getByRole("button", { name: "Join the room" }).click();
  await expect(chatInput(ben)).toBeEnabled();

  await ben.page.getByRole("button", { name: "Files", exact: true }).click();
  await ada.page.getByRole("button", { name: "Files", exact: true }).click();
  const text = Buffer.from("Glue, nails, patience.");
  await ada.page.getByLabel("Share files").setInputFiles([
    { name: "list.txt", mimeType: "text/plain", buffer: text },
    { name: "evil.svg", mimeType: "image/svg+xml", buffer: Buffer.from("<svg xmlns='http://www.w3.org/2000/svg'/>") },
  ]);
  for (const one of [ada, ben]) {
    for (const name of ["list.txt", "evil.svg"]) await expect(one.page.getByText(name).first()).toBeVisible();
  }
  const download = ben.page.waitForEvent("download");
  await ben.page.getByRole("link", { name: "list.txt", exact: true }).click();
  const stream = await (await download).createReadStream();
  let saved = "";
  for await (const piece of stream) saved += String(piece);
  expect(saved).toBe(text.toString());
  await ada.goto("/rooms/files");
  await expect(ada.page.getByText("list.txt").first()).toBeVisible();

  await ada.goto(room);
  await ada.page.getByRole("button", { name: "Happenings", exact: true }).click();
  await ada.page.getByRole("button", { name: "Plan something" }).click();
  await ada.page.getByLabel("What").fill("Repair evening");
  await ada.page.getByRole("button", { name: "Plan something" }).click();
  await ben.page.getByRole("button", { name: "Happenings", exact: true }).click();
  const yes = ben.page.getByRole("group", { name: "Do you come?" }).getByRole("button", { name: "Yes" });
  await yes.click();
  await expect(yes).toHaveAttribute("aria-pressed", "true");
  for (const one of [ada, ben]) await expect(one.page.getByText(/^1 come, 0 perhaps/)).toBeVisible();
});
