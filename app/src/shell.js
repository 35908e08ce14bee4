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

  // Shows, studios and accounts are programs apart: links between them and the rest are loaded as pages.
  const part = (path) =>
    /^\/(settings|forgotten|reset|confirm)$/.test(path)
      ? "account"
      : /^\/shows\/(?!new$)[^/]+(\/studio)?$/.exec(path)?.slice(1).join() ?? "home";
  addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (link && part(link.pathname) !== part(location.pathname)) link.relList.add("external");
  }, true);

  if ("serviceWorker" in navigator) {
    addEventListener("load", () => navigator.serviceWorker.register("/sw.js").catch(() => {}));
  }
})();
