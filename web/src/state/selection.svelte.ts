// SPDX-License-Identifier: EUPL-1.2
// Messages of one view that something is to be done with at once. They stay chosen when they scroll out of what is at hand.
import { SvelteMap } from "svelte/reactivity";
import { f, t } from "../i18n/index.svelte";
import type { Message } from "../rpc";
import { app } from "./app.svelte";
import type { Conversation } from "./conversation.svelte";
import { deletions } from "./deletions.svelte";
import { toast } from "./toast.svelte";

const MOST = 100; // each is a message of its own to whoever gets them

export class Selection {
  private readonly chosen = new SvelteMap<string, Message>();
  private anchor: string | null = null; // where a range begins
  private readonly stop: (() => void)[];

  constructor(private readonly conversation: Conversation) {
    this.stop = [
      app.rpc.on("message_changed", (message) => this.chosen.has(message.id) && this.chosen.set(message.id, message)),
      app.rpc.on("message_removed", ({ id }) => this.chosen.delete(id)),
    ];
  }

  end(): void {
    this.stop.forEach((stop) => stop());
  }

  /** In the order of the chat. */
  get messages(): Message[] {
    return [...this.chosen.values()].filter((message) => !deletions.has(message)).sort((a, b) => a.number - b.number);
  }

  has(message: Message): boolean {
    return this.chosen.has(message.id);
  }

  /** Chooses it, or no longer; `range`: it and all from the last one on. */
  toggle(message: Message, range = false): void {
    const { messages, thread } = this.conversation;
    const from = range ? messages.findIndex((other) => other.id === this.anchor) : -1;
    const to = messages.findIndex((other) => other.id === message.id);
    this.anchor = message.id;
    if (from === -1 && this.chosen.delete(message.id)) {
      return;
    }
    const all = from === -1 || to === -1 ? [message] : messages.slice(Math.min(from, to), Math.max(from, to) + 1);
    for (const one of all.filter((other) => canBeChosen(other, thread) && !this.has(other) && !deletions.has(other))) {
      if (this.chosen.size === MOST) {
        toast.show(t().message.mostSelected(f(), MOST));
        return;
      }
      this.chosen.set(one.id, one);
    }
  }
}

/** Notices stand for themselves, and of a thread a chat shows one line. */
export function canBeChosen(message: Message, thread: string | null): boolean {
  return message.kind === "message" && (thread !== null || message.thread === undefined);
}
