// SPDX-License-Identifier: EUPL-1.2
// Messages and chats that are being deleted: hidden at once, and deleted when there was time to take it back. What was
// decided is kept until it is done, so that a reload or a crash in between changes nothing. IDs of messages say nothing
// about anybody; what a chat is called does, so one of its messages stands for it.
import { SvelteMap, SvelteSet } from "svelte/reactivity";
import { errorWords, f, t } from "../i18n/index.svelte";
import type { Message } from "../rpc";
import { app } from "./app.svelte";
import { say, toast } from "./toast.svelte";

const KEY = "weibel-deletions";
const TAKEN_BACK_WITHIN = 5000; // milliseconds
const STANDS_WITHIN = 50; // messages, of which one is to stand for the chat

interface Deletion {
  id: string;
  for: "everyone" | "me" | "chat";
  due: number;
}

class Deletions {
  private readonly ids = new SvelteSet<string>();

  /** The chats among them, by the ID of the message that stands for one. */
  private readonly chats = new SvelteMap<string, string>();

  constructor() {
    // What has come since is not to be deleted unseen.
    app.rpc.on("message", (message) => message.own || [...this.chats].forEach(([id, chat]) => chat === message.chat && this.forget(id)));
    window.addEventListener("storage", ({ key }) => key === KEY && this.follow());
    app.opening = () => this.know();
  }

  /** Which chats are not to be shown, before any of them is. */
  private async know(): Promise<void> {
    const chats = read().filter((deletion) => deletion.for === "chat");
    chats.forEach(({ id }) => this.ids.add(id));
    await Promise.all(chats.map(({ id }) => this.chatOf(id).catch(() => {})));
  }

  has(message: Message): boolean {
    return this.ids.has(message.id);
  }

  hasChat(name: string): boolean {
    return [...this.chats.values()].includes(name);
  }

  begin(messages: Message[], whom: "everyone" | "me"): void {
    this.start(messages.map(({ id }) => id), whom, t().message.removed(f(), messages.length));
  }

  async beginChat(chat: string): Promise<void> {
    const page = await say(app.rpc.call("history", { chat, limit: STANDS_WITHIN }));
    if (page !== undefined) {
      // Without a message there is little to lose: it is there again if the page goes meanwhile.
      const id = page.messages.findLast((message) => message.kind === "message")?.id ?? crypto.randomUUID();
      this.chats.set(id, chat);
      this.start([id], "chat", t().chats.removed);
    }
  }

  private start(ids: string[], whom: Deletion["for"], words: string): void {
    const all = ids.map((id) => ({ id, for: whom, due: Date.now() + TAKEN_BACK_WITHIN }));
    write([...read(), ...all]);
    all.forEach((deletion) => this.await(deletion));
    toast.show(words, { label: t().undo, run: () => ids.forEach((id) => this.forget(id)) }, TAKEN_BACK_WITHIN);
  }

  /** Goes on with what was begun before a reload, perhaps in a tab that is gone. */
  resume(): void {
    read().forEach((deletion) => this.await(deletion));
  }

  /** What is begun in another tab is hidden here too, and what was taken back there comes back. */
  private follow(): void {
    const all = read();
    for (const id of [...this.ids].filter((known) => !all.some((other) => other.id === known))) {
      this.ids.delete(id);
      this.chats.delete(id);
    }
    all.filter(({ id }) => !this.ids.has(id)).forEach((deletion) => this.await(deletion));
  }

  private await(deletion: Deletion): void {
    this.ids.add(deletion.id);
    if (deletion.for === "chat") {
      void this.chatOf(deletion.id).catch(() => {});
    }
    setTimeout(() => void this.finish(deletion), Math.min(deletion.due - Date.now(), TAKEN_BACK_WITHIN));
  }

  private async chatOf(id: string): Promise<string> {
    const chat = this.chats.get(id) ?? (await app.rpc.call("message", { id })).chat;
    if (this.ids.has(id)) {
      this.chats.set(id, chat);
    }
    return chat;
  }

  private async finish(deletion: Deletion): Promise<void> {
    const { id, for: whom } = deletion;
    if (!this.ids.has(id) || app.phase !== "open") {
      return; // taken back, or it goes on when this is open again
    }
    try {
      if (whom === "chat") {
        const chat = await this.chatOf(id);
        await app.rpc.call("chat.delete", { chat });
        app.dropChat(chat);
      } else {
        await app.rpc.call("delete", { id, for: whom });
      }
    } catch (error) {
      const name = error instanceof Error ? error.name : "";
      if (name === "interrupted") {
        this.await({ ...deletion, due: Date.now() + TAKEN_BACK_WITHIN });
        return;
      }
      if (app.phase !== "open") {
        return;
      }
      if (name !== "unknown_message" && name !== "unknown_chat" && name !== "deleted") {
        toast.show(errorWords(error)); // and not that another tab was first
      }
    }
    this.forget(id);
  }

  private forget(id: string): void {
    write(read().filter((other) => other.id !== id));
    this.ids.delete(id);
    this.chats.delete(id);
  }
}

function read(): Deletion[] {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "[]") as Deletion[];
  } catch {
    return [];
  }
}

function write(all: Deletion[]): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(all));
  } catch {
    // Without room for it, it is done all the same while this tab is open.
  }
}

export const deletions = new Deletions();
