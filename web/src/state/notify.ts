// SPDX-License-Identifier: EUPL-1.2
// A word to who looks elsewhere: that there is something new, and from whom; never what.
import { f, t } from "../i18n/index.svelte";
import type { Message } from "../rpc";
import { app } from "./app.svelte";
import { preferences } from "./preferences.svelte";
import { TAG as NAMELESS } from "./push.svelte";
import { router } from "./route.svelte";

/** Whoever stands before a locked client is not told either who has written. What names nobody stays. */
export async function takeBackNames(): Promise<void> {
  try {
    const registration = await navigator.serviceWorker?.getRegistration();
    for (const notification of (await registration?.getNotifications()) ?? []) {
      if (notification.tag !== NAMELESS) {
        notification.close();
      }
    }
  } catch {
    // This browser shows none.
  }
}

export function startNotifying(): () => void {
  const opened = (event: MessageEvent<{ type?: string; chat?: string }>): void => {
    if (event.data.type === "open" && event.data.chat !== undefined) {
      router.go({ view: "chat", chat: event.data.chat });
    }
  };
  navigator.serviceWorker?.addEventListener("message", opened);
  const tell = (message: Message): void => {
    const chat = app.chat(message.chat);
    const muted = (chat?.muted_until ?? 0) > Date.now();
    if (message.own || message.kind !== "message" || muted || !preferences.notifications || document.hasFocus()) {
      return;
    }
    if (!("Notification" in window) || Notification.permission !== "granted") {
      return;
    }
    // Of several tabs each tells; the tag makes one of it. A system that shows none now has nothing to say about it.
    void navigator.serviceWorker.ready
      .then((registration) =>
        registration.showNotification(chat === undefined ? "Weibel" : f().isolate(app.titleOf(chat)), {
          body: t().settings.newMessage,
          tag: message.chat,
          icon: "/icon-192.png",
          badge: "/icon-192.png",
        }),
      )
      .catch(() => {});
  };
  const stops = [app.rpc.on("message", tell), app.rpc.on("message_changed", (message) => message.calls_now === true && tell(message))];
  return () => {
    stops.forEach((stop) => stop());
    navigator.serviceWorker?.removeEventListener("message", opened);
  };
}
