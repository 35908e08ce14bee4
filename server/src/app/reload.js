// Asks what was built last, and loads the page anew as soon as that is something else.
let built;
setInterval(async () => {
  const response = await fetch("/reload").catch(() => null);
  // Between two servers there is none.
  if (!response?.ok) return;
  const now = await response.text();
  if (built && built !== now) location.reload();
  built ??= now;
}, 500);
