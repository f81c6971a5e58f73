// SPDX-License-Identifier: EUPL-1.2
// Being called while no tab is open: the push service of this browser's maker wakes the service worker, which says that
// there may be something new. That this browser is subscribed is all that is kept, and the browser keeps it.
import { t } from "../i18n/index.svelte";
import { RpcError, type Methods } from "../rpc";
import { app } from "./app.svelte";

/** Where the service worker finds its words: it has no other way to know the language. */
const WORDS = { cache: "weibel-words", path: "/words" };
export const TAG = "weibel-push";

type State =
  | "unknown"
  | "server" // pushes nothing, as the administrator wants it
  | "browser" // can't
  | "denied" // by the person, in the browser
  | "service" // the server doesn't use this browser's
  | "off"
  | "on"
  | "failed"; // the push service or the server couldn't be reached

type Action = (registration: ServiceWorkerRegistration, key: Uint8Array<ArrayBuffer>) => Promise<State>;

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

function same(a: ArrayBuffer | null, b: Uint8Array): boolean {
  const bytes = new Uint8Array(a ?? new ArrayBuffer(0));
  return bytes.length === b.length && bytes.every((byte, i) => byte === b[i]);
}

class Push {
  state: State = $state("unknown");
  private ended: Promise<void> = Promise.resolve();

  /** Asks how things stand, and tells the server where this browser is reached if it is subscribed. */
  async look(): Promise<void> {
    await this.run(async (registration, key) => {
      const subscription = await registration.pushManager.getSubscription();
      if (subscription !== null && same(subscription.options.applicationServerKey, key)) {
        return this.tell(subscription);
      }
      // The server has another key than when this browser was subscribed.
      return subscription === null ? "off" : this.subscribe(registration, key);
    });
  }

  async turnOn(): Promise<void> {
    await this.run(async (registration, key) =>
      (await Notification.requestPermission()) === "granted" ? this.subscribe(registration, key) : "denied",
    );
  }

  async turnOff(): Promise<void> {
    await this.run(async (registration) => {
      await (await registration.pushManager.getSubscription())?.unsubscribe();
      await this.call("push.set", { endpoint: "" });
      return "off";
    });
  }

  /** True if this browser is subscribed: so that nobody else's client asks its server. */
  async isSubscribed(): Promise<boolean> {
    try {
      const registration = await navigator.serviceWorker?.getRegistration();
      return (await registration?.pushManager?.getSubscription()) != null;
    } catch {
      return false;
    }
  }

  private call<M extends "push.get" | "push.set">(method: M, params: Methods[M]["params"]): Promise<Methods[M]["result"]> {
    return app.rpc.call(method, params);
  }

  /** One after the other: a look that is under way would undo what is chosen meanwhile. */
  private run(action: Action): Promise<void> {
    this.ended = this.ended.then(() => this.runNow(action));
    return this.ended;
  }

  private async runNow(action: Action): Promise<void> {
    if (!("PushManager" in window) || !("Notification" in window)) {
      this.state = "browser";
      return;
    }
    try {
      const { key } = await this.call("push.get", {});
      const denied = Notification.permission === "denied";
      this.state = key === undefined ? "server" : denied ? "denied" : await action(await navigator.serviceWorker.ready, bytesOf(key));
    } catch {
      this.state = "failed";
    }
  }

  private async subscribe(registration: ServiceWorkerRegistration, key: Uint8Array<ArrayBuffer>): Promise<State> {
    await (await registration.pushManager.getSubscription())?.unsubscribe();
    return this.tell(await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key }));
  }

  private async tell(subscription: PushSubscription): Promise<State> {
    try {
      await this.call("push.set", { endpoint: subscription.endpoint });
      return "on";
    } catch (error) {
      if (!(error instanceof RpcError && error.name === "push_service")) {
        throw error;
      }
      await subscription.unsubscribe();
      return "service";
    }
  }
}

export const push = new Push();

function words(): { title: string; body: string } {
  return { title: "Weibel", body: t().push.news };
}

/** Gives the service worker its words. Run by an effect. */
export function keepWords(): void {
  const said = JSON.stringify(words());
  void globalThis.caches
    ?.open(WORDS.cache)
    .then((cache) => cache.put(WORDS.path, new Response(said)))
    .catch(() => {});
}

let badge: number | null = null;

/** The number at the app's icon. Run by an effect: while it is locked, what was there stays. */
export function keepBadge(): void {
  const { chats } = app;
  if (app.phase !== "open" || chats === null || !("setAppBadge" in navigator)) {
    return;
  }
  const calls = chats.filter((chat) => (chat.muted_until ?? 0) <= Date.now() && chat.archived !== true);
  const unread = calls.reduce((sum, chat) => sum + chat.unread, 0);
  if (unread === badge) {
    return;
  }
  badge = unread;
  void (unread === 0 ? navigator.clearAppBadge() : navigator.setAppBadge(unread)).catch(() => {});
}

/** Says again where this browser is reached, once a core; takes back what was said while nobody was there. */
export function startPushing(): () => void {
  let told = false;
  const stops = [
    app.rpc.on("connection", ({ state }) => {
      if (state === "online" && !told) {
        told = true;
        void push.isSubscribed().then((subscribed) => (subscribed ? push.look() : undefined));
        void closeNotifications();
      }
      if (state === "online" && push.state === "failed") {
        void push.look(); // there was no connection, maybe
      }
    }),
    app.rpc.on("ready", () => (told = false)), // a new core knows nothing of it
    app.rpc.on("locked", () => (told = false)),
  ];
  const pushed = (event: MessageEvent<{ type?: string }>): void => {
    if (event.data.type === "subscription") {
      void push.look();
    } else if (event.data.type === "pushed" && app.phase === "locked") {
      void notify();
    }
  };
  navigator.serviceWorker?.addEventListener("message", pushed);
  return () => {
    stops.forEach((stop) => stop());
    navigator.serviceWorker?.removeEventListener("message", pushed);
  };
}

/** As the service worker does it when nobody looks. */
async function notify(): Promise<void> {
  const registration = await navigator.serviceWorker.ready;
  const { title, body } = words();
  await registration.showNotification(title, { body, tag: TAG, icon: "/icon-192.png", badge: "/icon-192.png" }).catch(() => {});
}

async function closeNotifications(): Promise<void> {
  try {
    const registration = await navigator.serviceWorker?.getRegistration();
    for (const notification of (await registration?.getNotifications({ tag: TAG })) ?? []) {
      notification.close();
    }
  } catch {
    // This browser shows none.
  }
}
