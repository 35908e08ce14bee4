// Who reads another language has messages in theirs, by a server that the operator names.
import { chatInput, enterAsGuest, makeRoom, onStage, register, said, say, talkMenu } from "./steps";
import { TranslationServer } from "./translator";
import { type Person, expect, test as base } from "./venue";

const test = base.extend<{ translator: TranslationServer }>({
  translator: async ({}, use) => {
    const translator = await TranslationServer.start();
    await use(translator);
    await translator.stop();
  },
  flags: async ({ translator }, use) => use(translator.flags),
});

/** A browser's own translator, which journeys' browsers don't have: it fetches German when somebody presses. */
const ownTranslator = () => {
  const phrases: Record<string, string> = { "Guten Abend zusammen": "Good evening everybody" };
  let fetched = false;
  // Playwright's own calls count as gestures, so the page's `userActivation` says nothing.
  let pressed = false;
  addEventListener("click", ({ isTrusted }) => (pressed ||= isTrusted), true);
  class LanguageDetector {
    static availability = async () => "available";
    static create = async () => ({
      detect: async (text: string) => [{ detectedLanguage: text in phrases ? "de" : "en", confidence: 0.9 }],
    });
  }
  class Translator {
    static availability = async () => (fetched ? "available" : "downloadable");
    static create = async (options: { monitor?: (target: EventTarget) => void }) => {
      if (!fetched && !pressed) throw new DOMException("Nobody pressed.", "NotAllowedError");
      const download = new EventTarget();
      options.monitor?.(download);
      for (const loaded of [0.5, 1]) download.dispatchEvent(Object.assign(new Event("downloadprogress"), { loaded }));
      fetched = true;
      return { translate: async (text: string) => phrases[text] ?? text };
    };
  }
  Object.assign(window, { LanguageDetector, Translator });
};

const choice = ({ page }: Person) => page.locator("summary", { hasText: /^Translate$/ });
const byServer = ({ page }: Person) => page.getByRole("radio", { name: /^By the venue’s translation server/ });

for (const kind of ["Chromium", "Firefox"]) {
  test(`${kind}: German is read in English in a room, the original one press away, by keyboard alone`, async ({
    person,
    firefoxPerson,
    translator,
  }) => {
    const ada = await person("Ada");
    await register(ada, "visitor");
    const room = await makeRoom(ada, "baeckerei", "Bäckerei", true);
    await say(ada, "Guten Abend zusammen");
    await expect(said(ada, "Guten Abend zusammen")).toBeVisible();
    await say(ada, "This is English");

    const ben = await (kind === "Firefox" ? firefoxPerson : person)("Ben");
    await register(ben, "visitor");
    await ben.goto(room);
    await ben.page.getByRole("button", { name: "Join the room" }).click();
    await expect(chatInput(ben)).toBeEnabled();
    await expect(said(ben, "Guten Abend zusammen")).toBeVisible();
    // Nothing goes anywhere unless somebody asks for it.
    expect(translator.asked).toEqual([]);

    await choice(ben).focus();
    await ben.page.keyboard.press("Enter");
    await expect(ben.page.getByText("What you read here is sent to the server")).toBeVisible();
    await expect(ben.page.getByLabel("Language to read in")).toHaveValue("en");
    await byServer(ben).focus();
    await ben.page.keyboard.press("Space");
    await expect(byServer(ben)).toBeChecked();
    const german = said(ben, "Guten Abend zusammen").first();
    const english = said(ben, "Good evening everybody").first();
    await expect(english).toBeVisible();
    await expect(english).toHaveAttribute("lang", "en");
    await expect(german).toBeHidden();
    await expect(said(ben, "Translated from German")).toBeVisible();
    // What is English already isn't marked.
    await expect(said(ben, "This is English")).toBeVisible();
    await expect(ben.page.getByRole("button", { name: "Show original" })).toHaveCount(1);

    await ben.page.getByRole("button", { name: "Show original" }).focus();
    await ben.page.keyboard.press("Enter");
    await expect(german).toBeVisible();
    await expect(german).toHaveAttribute("lang", "de");
    await expect(english).toBeHidden();
    const back = ben.page.getByRole("button", { name: "Show translation" });
    await expect(back).toBeFocused();
    await ben.page.keyboard.press("Enter");
    await expect(english).toBeVisible();

    // New lines, with their links; a change; an answer in a thread.
    await say(ada, "Siehe https://example.org/brot");
    await expect(said(ben, "See https://example.org/brot")).toBeVisible();
    const link = ben.page.getByRole("log").getByRole("link", { name: "https://example.org/brot" });
    await expect(link).toHaveAttribute("href", "https://example.org/brot");
    await say(ada, "Wer bringt Brot mit?");
    await expect(said(ben, "Who brings bread?")).toBeVisible();
    await talkMenu(ada, "About your message", -1);
    await ada.page.getByRole("button", { name: "Edit", exact: true }).click();
    await say(ada, "Wer bringt Brot und Käse mit?");
    await expect(said(ben, "Who brings bread and cheese?")).toBeVisible();
    await expect(said(ben, "Who brings bread?")).toHaveCount(0);
    await talkMenu(ada, "About your message", 0);
    await ada.page.getByRole("button", { name: "Answer", exact: true }).click();
    await say(ada, "Schön, dass ihr da seid");
    // The quote above the answer is in English, too.
    await expect(ben.page.getByRole("button", { name: /Good evening everybody/ })).toBeVisible();
    await ben.page.getByRole("button", { name: "1 answer" }).click();
    const answers = ben.page.getByRole("region", { name: "Answers" });
    await expect(answers.getByText("Good that you are here")).toBeVisible();
    await expect(answers.getByText("Good evening everybody")).toBeVisible();
    await ben.page.getByRole("button", { name: "Back to all messages" }).click();

    // The choice is this browser's; each message was sent once.
    await ben.page.reload();
    await ben.alive();
    await expect(english).toBeVisible();
    const asked = translator.asked.filter((text) => text === "Guten Abend zusammen");
    expect(asked).toHaveLength(1);
    await choice(ben).click();
    await ben.page.getByRole("radio", { name: "Not at all" }).check();
    await expect(german).toBeVisible();
    await expect(ben.page.getByRole("button", { name: "Show original" })).toHaveCount(0);
    await ben.page.reload();
    await ben.alive();
    await expect(german).toBeVisible();
    // Ada has chosen nothing.
    await expect(ada.page.getByRole("button", { name: "Show original" })).toHaveCount(0);
  });
}

test("a server that fails is told of once, beside the choice, and tried again", async ({ person, complaints }) => {
  complaints.expected.push(/status of 502/);
  const ada = await person("Ada");
  await register(ada, "visitor");
  await makeRoom(ada, "muehle", "Mühle");
  await say(ada, "Guten Abend zusammen");
  await say(ada, "Wer bringt Brot mit?");
  await expect(said(ada, "Wer bringt Brot mit?")).toBeVisible();
  await ada.context.route("**/api/translation/translate", (route) =>
    route.fulfill({ status: 502, contentType: "application/json", body: JSON.stringify({ Because: "Failed" }) }),
  );
  await choice(ada).click();
  await byServer(ada).check();
  const words = ada.page.getByText("The venue’s translation server doesn’t answer just now.");
  await expect(words).toBeVisible();
  await expect(words).toHaveCount(1);
  await expect(said(ada, "Guten Abend zusammen")).toBeVisible();
  await ada.context.unroute("**/api/translation/translate");
  await ada.page.getByRole("button", { name: "Try again" }).click();
  await expect(said(ada, "Good evening everybody")).toBeVisible();
  await expect(words).toHaveCount(0);
});

test("at a show, a guest reads in English", async ({ person }) => {
  const mira = await person("Mira Voss");
  const show = await onStage(mira);
  const tom = await person("Tom");
  await enterAsGuest(tom, show);
  await choice(tom).click();
  await byServer(tom).check();
  const ina = await person("Ina");
  await enterAsGuest(ina, show);
  await say(ina, "Guten Abend zusammen");
  await expect(said(tom, "Good evening everybody")).toBeVisible();
  await expect(said(tom, "Translated from German")).toBeVisible();
  await tom.page.getByRole("button", { name: "Show original" }).click();
  await expect(said(tom, "Guten Abend zusammen")).toBeVisible();
});

test("a browser with a translator of its own translates, and nothing goes anywhere", async ({ person, translator }) => {
  const ada = await person("Ada");
  await ada.context.addInitScript(ownTranslator);
  await register(ada, "visitor");
  await makeRoom(ada, "hafen", "Hafen");
  await say(ada, "Guten Abend zusammen");
  await say(ada, "This is English");
  await expect(said(ada, "This is English")).toBeVisible();
  await choice(ada).click();
  await ada.page.getByRole("radio", { name: /^In this browser/ }).check();
  await expect(said(ada, "Good evening everybody")).toBeVisible();
  await expect(said(ada, "Translated from German")).toBeVisible();
  await expect(ada.page.getByRole("button", { name: "Show original" })).toHaveCount(1);

  // Without a press nothing is fetched; the choice says so, and a press does it.
  await ada.page.reload();
  await ada.alive();
  const fetch = ada.page.getByRole("button", { name: "Have the browser fetch: German" });
  await expect(fetch).toBeVisible();
  await expect(said(ada, "Guten Abend zusammen")).toBeVisible();
  await fetch.click();
  await expect(said(ada, "Good evening everybody")).toBeVisible();
  await expect(fetch).toHaveCount(0);
  expect(translator.asked).toEqual([]);
});
