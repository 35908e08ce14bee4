// What keeps the venue's door standing without a connection. Pages come from the network, and from
// here only the page that says why they don't. Files that never change under their name (hashed by
// the build, and fonts) are kept. Everything alive (/api, /live, /whip, /whep) is left alone.
const FIXED = "bandstand-fixed-2";
const FILES = "bandstand-files-1";
const MOST_FILES = 120;
const OFFLINE = ["/offline.html", "/offline.css", "/offline.js", "/icons/icon.svg", "/fonts/bricolage-grotesque-800-latin.woff2", "/fonts/figtree-latin.woff2"];

const keeps = (path) => path.startsWith("/fonts/") || /-[0-9a-f]{12,}\.(bin|css|js|txt|wasm)$/.test(path);

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(FIXED).then((cache) => cache.addAll(OFFLINE.map((path) => new Request(path, { cache: "reload" })))).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) {
      if (name.startsWith("bandstand-") && name !== FIXED && name !== FILES) await caches.delete(name);
    }
    await self.registration.navigationPreload?.enable();
    await self.clients.claim();
  })());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  if (request.mode === "navigate") return event.respondWith(page(event));
  if (keeps(pathname)) return event.respondWith(kept(event));
  if (OFFLINE.includes(pathname)) return event.respondWith(fetch(request).catch(() => caches.match(pathname).then((found) => found ?? Response.error())));
});

async function page(event) {
  try {
    return (await event.preloadResponse) ?? (await fetch(event.request));
  } catch {
    return (await caches.match("/offline.html")) ?? Response.error();
  }
}

// A cache that can't be read or written (full, or forbidden) is done without.
async function kept(event) {
  const found = await caches.match(event.request).catch(() => undefined);
  if (found) return found;
  // By the address: the page's own request ends with the page, and what it wanted ahead is of use to the next one.
  const response = await fetch(event.request.url);
  if (response.status === 200) event.waitUntil(keep(event.request, response.clone()).catch(() => {}));
  return response;
}

async function keep(request, response) {
  const cache = await caches.open(FILES);
  await cache.put(request, response);
  // Builds of the past go first: keys come in the order in which they were put.
  const all = await cache.keys();
  await Promise.all(all.slice(0, Math.max(0, all.length - MOST_FILES)).map((old) => cache.delete(old)));
}
