// Runs before the first paint: the sky over the page follows the visitor's clock, and is its theme,
// unless the visitor has chosen one. Also what has to work before (or without) the app.
(() => {
  const root = document.documentElement;
  const tops = { dawn: "#d5ddff", day: "#bcdcff", dusk: "#1a1538", night: "#0a0820" };

  const chosen = () => {
    try {
      const theme = localStorage.getItem("bandstand.theme");
      return theme === "light" || theme === "dark" ? theme : "auto";
    } catch {
      return "auto";
    }
  };

  const paint = () => {
    const hour = new Date().getHours();
    const theme = chosen();
    let sky = hour < 5 || hour >= 21 ? "night" : hour < 8 ? "dawn" : hour < 17 ? "day" : "dusk";
    let dark = sky === "dusk" || sky === "night";
    if (theme !== "auto" && dark !== (theme === "dark")) {
      dark = !dark;
      sky = dark ? "night" : "day";
    }
    root.dataset.sky = sky;
    root.dataset.theme = dark ? "dark" : "light";
    document.querySelector("meta[name=theme-color]")?.setAttribute("content", tops[sky]);
  };

  const mark = () => {
    const choice = document.querySelector(`input[name=theme][value=${chosen()}]`);
    if (choice) choice.checked = true;
  };

  // Instants in the visitor's zone, which the server doesn't know. They are written while the page is read:
  // after the first paint, lines would grow. The app says by the same function what it draws later.
  const [fallback, ...patterns] = (root.dataset.times ?? "").split("|");
  const locale = navigator.language?.startsWith(root.lang) ? navigator.language : fallback;
  const formats = {};
  const spell = (at, name, options) => (formats[name] ??= new Intl.DateTimeFormat(locale, options)).format(at);
  const noon = (at) => new Date(at).setHours(12, 0, 0, 0);
  const instant = (at, style) => {
    const time = spell(at, "time", { hour: "2-digit", minute: "2-digit" });
    const fill = (pattern, day) => (patterns[pattern] ?? "").replace("{day}", () => day).replace("{time}", () => time);
    if (style === "time") return time;
    if (style === "weekday") return spell(at, style, { weekday: "long" });
    if (style === "full") return fill(0, spell(at, style, { weekday: "long", day: "numeric", month: "long" }));
    // Rounded, because a day on which the clocks change has 23 or 25 hours.
    const days = Math.round((noon(at) - noon(Date.now())) / 86_400_000);
    if (days >= 2 && days <= 6) return fill(1, spell(at, "short", { weekday: "short" }));
    if (days < -1 || days > 1) return fill(0, spell(at, "date", { day: "numeric", month: "short" }));
    if (days === 0) return fill(new Date(at).getHours() >= 17 ? 2 : 3);
    return fill(days > 0 ? 4 : 5);
  };
  globalThis.bandstandTime = instant;

  // The text stays the same node: the app finds it by its place.
  const write = (time) => {
    if (time.firstChild && time.dataset.time) time.firstChild.data = instant(Date.parse(time.dateTime), time.dataset.time);
  };
  const reading = new MutationObserver((records) => {
    for (const { target, addedNodes } of records) {
      for (const node of [target, ...addedNodes]) if (node.localName === "time") write(node);
    }
  });
  reading.observe(root, { childList: true, subtree: true });
  addEventListener("DOMContentLoaded", () => {
    reading.disconnect();
    // Of a text that came in two pieces, the second was put behind what was written over the first.
    document.querySelectorAll("time").forEach(write);
  });

  paint();
  setInterval(paint, 60_000);
  addEventListener("storage", () => { paint(); mark(); });
  addEventListener("DOMContentLoaded", mark);
  addEventListener("change", (event) => {
    if (event.target.name !== "theme") return;
    try { localStorage.setItem("bandstand.theme", event.target.value); } catch { /* for this page only */ }
    paint();
  });

  // The texts of the page's language come beside the program, which waits for them.
  const { texts } = root.dataset;
  if (texts) {
    globalThis.bandstandTexts = fetch(texts).then((found) => found.ok ? found.text() : Promise.reject(new Error(`${texts}: ${found.status}`)));
    globalThis.bandstandTexts.catch(() => {});
  }

  // A form that works without the app says on its button that it is sent: on a slow line it takes a while.
  addEventListener("submit", (event) => {
    const button = event.target.querySelector("[data-pressed]");
    if (event.defaultPrevented || !button) return;
    button.firstChild.data = button.dataset.pressed;
    button.setAttribute("aria-busy", "true");
  });

  // Whoever goes elsewhere stops what this page still loads. Loading the page again would take the place of
  // where they go, so for a while nothing does that by itself; they may also stay, as after a download.
  const MOST_LEAVING = 10_000;
  let stayed = 0;
  addEventListener("beforeunload", () => {
    root.dataset.leaving = "";
    clearTimeout(stayed);
    stayed = setTimeout(() => root.removeAttribute("data-leaving"), MOST_LEAVING);
  });
  addEventListener("pageshow", () => root.removeAttribute("data-leaving"));

  // The program couldn't be loaded, or not all of it: the page is as it was rendered. After a deployment its
  // files are gone, and the page that the venue would give now has others: it is loaded again, once in a
  // while. Otherwise the page says how it is.
  const AGAIN = "bandstand.loaded-again";
  const PAUSE = 60_000;
  const loadAgain = async () => {
    if ("leaving" in root.dataset) return false;
    try {
      if (Date.now() - Number(sessionStorage.getItem(AGAIN)) < PAUSE) return false;
      sessionStorage.setItem(AGAIN, String(Date.now()));
      if (!(await fetch(location.href, { method: "HEAD" })).ok) return false;
    } catch {
      return false;
    }
    if ("leaving" in root.dataset) return false;
    location.reload();
    return true;
  };
  addEventListener("notloaded", async () => {
    if (await loadAgain()) return;
    const { notLoaded, loadAgain: link } = root.dataset;
    const words = document.createElement("p");
    words.className = "notice bad";
    words.setAttribute("role", "alert");
    words.append(`${notLoaded} `, Object.assign(document.createElement("a"), { href: location.href, textContent: link }));
    document.body.prepend(words);
  });

  if ("serviceWorker" in navigator) {
    addEventListener("load", () => navigator.serviceWorker.register("/sw.js").catch(() => {}));
  }
})();
