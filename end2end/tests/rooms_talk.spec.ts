// What friends do in a room: answer, react, mention, share a file, plan something.
import { Buffer } from "node:buffer";
import { chatInput, makeRoom, register, said, say, talkMenu } from "./steps";
import { expect, test } from "./venue";

/** A picture of one dot, as PNG. */
const DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

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

test("a message carries files, which others see in place and which go with it", async ({ person, firefoxPerson }) => {
  const ada = await person("Ada");
  await register(ada, "visitor");
  const room = await makeRoom(ada, "gallery", "Gallery", true);
  const ben = await firefoxPerson("Ben");
  await register(ben, "visitor");
  await ben.goto(room);
  await ben.page.getByRole("button", { name: "Join the room" }).click();
  await expect(chatInput(ben)).toBeEnabled();

  // A picture and a text, with words of which nothing is lost meanwhile.
  await chatInput(ada).fill("Two for you");
  await ada.page.getByLabel("Attach files").setInputFiles([
    { name: "dot.png", mimeType: "image/png", buffer: Buffer.from(DOT, "base64") },
    { name: "note.txt", mimeType: "text/plain", buffer: Buffer.from("Mind the step.") },
  ]);
  const attached = ada.page.getByRole("list", { name: "Files of your message" });
  await expect(attached.getByRole("listitem")).toHaveCount(2);
  await expect(chatInput(ada)).toHaveValue("Two for you");
  await expect(ben.page.getByText("note.txt")).toHaveCount(0);
  await chatInput(ada).press("Enter");
  await expect(said(ben, "Two for you")).toBeVisible();
  await expect(attached.getByRole("listitem")).toHaveCount(0);
  const log = ben.page.getByRole("log");
  await expect(log.getByAltText("dot.png")).toBeVisible();
  await log.getByRole("button", { name: "Enlarge dot.png" }).press("Enter");
  const large = ben.page.getByRole("dialog", { name: "Picture" });
  await expect(large.getByRole("img", { name: "dot.png" })).toBeVisible();
  await large.getByRole("button", { name: "Close" }).click();
  await expect(large).toBeHidden();
  // Last, since a Firefox without a window hears no keys after a download.
  const download = ben.page.waitForEvent("download");
  await log.getByRole("link", { name: "note.txt" }).click();
  expect((await download).suggestedFilename()).toBe("note.txt");

  // In the room's list it leads to its message; there one of the two is removed, which the message says.
  await ada.page.getByRole("button", { name: "Files", exact: true }).click();
  await ada.page.getByLabel("Select note.txt").check();
  await ada.page.getByRole("button", { name: "Remove", exact: true }).click();
  await ada.page.getByRole("dialog").getByRole("button", { name: "Remove", exact: true }).click();
  await expect(log.getByText("This file was deleted.")).toBeVisible();
  await ada.page.getByRole("button", { name: "To its message" }).click();
  await expect(ada.page.getByRole("log").getByRole("article").filter({ hasText: "Two for you" })).toBeFocused();

  // A file alone; what is left out isn't sent.
  await ada.page.getByLabel("Attach files").setInputFiles([
    { name: "first.txt", mimeType: "text/plain", buffer: Buffer.from("one") },
    { name: "second.txt", mimeType: "text/plain", buffer: Buffer.from("two") },
  ]);
  await attached.getByRole("button", { name: "Leave first.txt out" }).click();
  await expect(attached.getByRole("listitem")).toHaveCount(1);
  await chatInput(ada).press("Enter");
  await expect(log.getByRole("link", { name: "second.txt" })).toBeVisible();
  await expect(ben.page.getByText("first.txt")).toHaveCount(0);

  await talkMenu(ada, "About your message", -1);
  await ada.page.getByRole("button", { name: "Delete", exact: true }).click();
  await expect(log.getByRole("link", { name: "second.txt" })).toHaveCount(0);
});

test("in a thread messages are changed, reacted to and deleted, and what waits is there after a reload", async ({
  person,
  firefoxPerson,
}) => {
  const ada = await person("Ada");
  await register(ada, "visitor");
  const room = await makeRoom(ada, "study", "Study", true);
  const ben = await firefoxPerson("Ben");
  await register(ben, "visitor");
  await ben.goto(room);
  await ben.page.getByRole("button", { name: "Join the room" }).click();
  await expect(chatInput(ben)).toBeEnabled();
  await say(ada, "Which book next?");
  await expect(said(ben, "Which book next?")).toBeVisible();
  await talkMenu(ben, "About Ada's message");
  await ben.page.getByRole("button", { name: "Answer", exact: true }).click();
  await say(ben, "The short one");

  await ada.page.getByRole("button", { name: "1 answer" }).click();
  await ben.page.getByRole("button", { name: "1 answer" }).click();
  const [adas, bens] = [ada, ben].map((it) => it.page.getByRole("region", { name: "Answers" }));
  await bens.getByLabel("About your message").click();
  await bens.getByRole("button", { name: "Edit", exact: true }).click();
  await chatInput(ben).fill("The long one");
  await chatInput(ben).press("Enter");
  await expect(adas.getByText("The long one")).toBeVisible();
  await adas.getByLabel("About Ben's message").click();
  await adas.getByRole("button", { name: "Heart" }).click();
  await expect(bens.getByRole("button", { name: "Heart, 1" })).toBeVisible();
  // What is written next answers again.
  await say(ben, "Or both");
  await expect(adas.getByText("Or both")).toBeVisible();
  await adas.getByLabel("About Ben's message").last().click();
  await adas.getByRole("button", { name: "Delete", exact: true }).click();
  await expect(bens.getByText("Or both")).toHaveCount(0);
  for (const one of [ada, ben]) await one.page.getByRole("button", { name: "Back to all messages" }).click();

  await ada.page.getByText("Look after the chat").click();
  await ada.page.getByLabel("Each message waits until it is approved").check();
  await ada.page.getByRole("button", { name: "Save rules" }).click();
  await expect(ben.page.getByText("Messages wait until they are approved.")).toBeVisible();
  await say(ben, "May I?");
  const waits = ben.page.getByRole("article").filter({ hasText: "May I?" });
  await expect(waits.getByText("Waits for approval")).toBeVisible();
  await ben.page.reload();
  await expect(waits.getByText("Waits for approval")).toBeVisible();
  await ada.page.getByRole("button", { name: "Approve", exact: true }).click();
  await expect(waits.getByText("Waits for approval")).toHaveCount(0);
  await expect(said(ben, "May I?")).toBeVisible();
});
