// The language that was chosen here, else the first of the browser's that this page has.
const mains = [...document.querySelectorAll("main")];
const chosen = /(?:^|; )language=([^;]*)/.exec(document.cookie)?.[1];
const wanted = [chosen, ...navigator.languages].filter(Boolean).map((tag) => tag.split("-")[0].toLowerCase());
const tag = wanted.find((tag) => mains.some((main) => main.lang === tag)) ?? "en";
for (const main of mains) main.hidden = main.lang !== tag;
const shown = mains.find((main) => !main.hidden);
document.documentElement.lang = tag;
document.title = shown.dataset.title;

// Back in as soon as there is a line again. The address is still that of the page that was wanted.
addEventListener("online", () => {
  shown.querySelector("[role=status]").textContent = shown.dataset.back;
  location.reload();
});
