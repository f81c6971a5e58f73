// SPDX-License-Identifier: EUPL-1.2
// Keeps the client's own files, so that it opens without a network. It never sees a message: those go past it.
const worker = self as unknown as ServiceWorkerGlobalScope;

const FILES = "__FILES__" as unknown as string[];
const CACHE = "weibel-__VERSION__";
const PAGE = "/";
// What the page keeps for this worker: state/push.svelte.ts.
const WORDS = { cache: "weibel-words", path: "/words" };
const TAG = "weibel-push";

async function fill(): Promise<void> {
  const cache = await caches.open(CACHE);
  // Hashed names never change, so the browser's own cache may answer for them.
  await cache.addAll([new Request(PAGE, { cache: "reload" }), ...FILES]);
}

async function forgetOthers(): Promise<void> {
  for (const name of await caches.keys()) {
    if (name !== CACHE && name !== WORDS.cache) {
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

// Pushes are empty: there may be something new. Who looks at the client sees it there.
worker.addEventListener("push", (event) => event.waitUntil(pushed()));

async function pushed(): Promise<void> {
  const tabs = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
  const visible = tabs.filter((tab) => tab.visibilityState === "visible");
  if (visible.length > 0) {
    visible.forEach((tab) => tab.postMessage({ type: "pushed" })); // it may be locked
    return;
  }
  await worker.navigator.setAppBadge?.().catch(() => {}); // how many they are is not known
  const kept = await caches.match(WORDS.path, { cacheName: WORDS.cache });
  const { title, body } = kept === undefined ? { title: "Weibel", body: "There may be new messages." } : await kept.json();
  // Each takes the place of the one before.
  await worker.registration.showNotification(title, { body, tag: TAG, icon: "/icon-192.png", badge: "/icon-192.png" });
}

// A tab that is open tells the server where this browser is reached now; else the next one does.
worker.addEventListener("pushsubscriptionchange", (event) => {
  (event as ExtendableEvent).waitUntil(
    worker.clients.matchAll({ type: "window" }).then((tabs) => tabs.forEach((tab) => tab.postMessage({ type: "subscription" }))),
  );
});

// A tap on a notification opens the client, or the tab that is open already.
worker.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(
    worker.clients.matchAll({ type: "window", includeUncontrolled: true }).then(async (tabs) => {
      const { tag } = event.notification;
      const chat = tag === TAG ? null : tag;
      const tab = tabs[0];
      if (tab !== undefined) {
        await tab.focus();
        if (chat !== null) {
          tab.postMessage({ type: "open", chat });
        }
      } else {
        await worker.clients.openWindow(chat === null ? PAGE : `/#/chat/${encodeURIComponent(chat)}`);
      }
    }),
  );
});
