// SPDX-License-Identifier: EUPL-1.2
// Keeps the client's own files, so that it opens without a network. It never sees a message: those go past it.
const worker = self as unknown as ServiceWorkerGlobalScope;

const FILES = "__FILES__" as unknown as string[];
const CACHE = "weibel-__VERSION__";
const PAGE = "/";

async function fill(): Promise<void> {
  const cache = await caches.open(CACHE);
  // Hashed names never change, so the browser's own cache may answer for them.
  await cache.addAll([new Request(PAGE, { cache: "reload" }), ...FILES]);
}

async function forgetOthers(): Promise<void> {
  for (const name of await caches.keys()) {
    if (name !== CACHE) {
      await caches.delete(name);
    }
  }
  await worker.clients.claim();
}

worker.addEventListener("install", (event) => event.waitUntil(fill()));
worker.addEventListener("activate", (event) => event.waitUntil(forgetOthers()));

// The page asks for this once the person agrees to reload into the new version.
worker.addEventListener("message", (event) => {
  if (event.data === "activate") {
    void worker.skipWaiting();
  }
});

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  const page = request.mode === "navigate" && url.pathname === PAGE;
  if (request.method === "GET" && url.origin === location.origin && (page || FILES.includes(url.pathname))) {
    event.respondWith(
      caches.match(page ? PAGE : url.pathname, { cacheName: CACHE }).then((kept) => kept ?? fetch(request)),
    );
  }
});

// A tap on a notification opens the client, or the tab that is open already.
worker.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(
    worker.clients.matchAll({ type: "window", includeUncontrolled: true }).then(async (tabs) => {
      const chat = event.notification.tag;
      const tab = tabs[0];
      if (tab !== undefined) {
        await tab.focus();
        tab.postMessage({ type: "open", chat });
      } else {
        await worker.clients.openWindow(`/#/chat/${encodeURIComponent(chat)}`);
      }
    }),
  );
});
