// SPDX-License-Identifier: EUPL-1.2
import { app } from "./app.svelte";
import { router } from "./route.svelte";

/** Goes to a message, in its chat or in its thread. */
export function jumpTo({ chat, thread, id }: { chat: string; thread?: string | undefined; id: string }): void {
  // The view first: one that is left now would take it.
  router.go(thread === undefined ? { view: "chat", chat } : { view: "thread", chat, id: thread });
  app.jump = { chat, thread, id };
}
