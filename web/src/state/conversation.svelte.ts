// SPDX-License-Identifier: EUPL-1.2
// The messages of one chat, or of one of its threads, that are at hand: a window of some hundreds, which moves over as
// many as there are.
import { SvelteMap } from "svelte/reactivity";
import type { Message, Page } from "../rpc";
import { app } from "./app.svelte";

const PAGE = 40;
const MOST_TRIES = 5;
const COUNT_AFTER = 60; // milliseconds
const AGAIN_AFTER = 20;
const MOST = 320; // messages in the window; at its other end, as many go as come

/** The newest messages of a chat that is about to be opened: asked for when the finger goes down, not when it comes up. */
class Ahead {
  private chat = "";
  private page: Promise<Page | null> | null = null;
  private come: Page | null = null;

  constructor() {
    const { rpc } = app;
    const drop = (event: { chat: string }): void => {
      if (event.chat === this.chat) {
        this.forget();
      }
    };
    rpc.on("message", drop);
    rpc.on("message_changed", drop);
    rpc.on("message_state", drop);
    rpc.on("message_removed", drop);
    rpc.on("ready", () => this.forget());
    rpc.on("locked", () => this.forget());
  }

  private forget(): void {
    this.chat = "";
    this.page = this.come = null;
  }

  read(chat: string): void {
    if (this.chat !== chat && app.chat(chat) !== undefined) {
      this.forget();
      this.chat = chat;
      const page = app.rpc.call("history", { chat, limit: PAGE }).catch(() => null);
      this.page = page;
      void page.then((come) => {
        if (this.page === page) {
          this.come = come;
        }
      });
    }
  }

  /** What was read of it, or is being read; null if nothing is, or it isn't true any more. */
  take(chat: string): Page | Promise<Page | null> | null {
    const page = chat === this.chat ? (this.come ?? this.page) : null;
    this.forget();
    return page;
  }
}

const ahead = new Ahead();

export function readAhead(chat: string): void {
  ahead.read(chat);
}

export class Conversation {
  messages: Message[] = $state.raw([]);
  loading = $state(true);
  /** Older ones than those at hand. */
  older = $state(false);
  /** The newest one is at hand, so that new ones are put behind it. */
  atEnd = $state(true);
  /** Number of the first message that was unread when the chat was opened. */
  firstUnread: number | null = $state(null);
  /** What has come while the end was out of sight. */
  below = $state(0);
  /** How many messages hang on one, by its ID. */
  readonly threads = new SvelteMap<string, number>();
  /** Of a thread: the message that it hangs on, which stands before the others; null if it is not here. */
  root: Message | null = $state.raw(null);

  private counting: ReturnType<typeof setTimeout> | undefined;
  private busy = false;
  /** Whether what stands before has been looked for since the chat has changed. */
  private lookedBack = true;
  /** Something has happened here while messages were being read: what was read may be from before. */
  private stale = false;
  private readonly coming: Promise<Page | null> | null = null;
  private readonly stop: (() => void)[];

  constructor(
    readonly chat: string,
    readonly thread: string | null = null,
  ) {
    const { rpc } = app;
    const happened = (event: { chat: string }): void => {
      this.stale ||= event.chat === chat;
    };
    this.stop = [
      rpc.on("message", happened),
      rpc.on("message_changed", happened),
      rpc.on("message_state", happened),
      rpc.on("message_removed", happened),
      rpc.on("message", (message) => this.add(message)),
      rpc.on("message_changed", (message) => this.replace(message)),
      rpc.on("message_state", (event) => {
        if (event.chat !== this.chat) {
          return;
        }
        const known = this.change(event.id, (message) => ({
          ...message,
          state: event.state,
          ...(event.error === undefined ? {} : { error: event.error }),
        }));
        if (!known && this.atEnd) {
          void this.fetch(event.id); // written in another tab, or in the thread beside
        }
      }),
      rpc.on("message_removed", (event) => {
        if (event.chat === this.chat) {
          const gone = this.messages.find((message) => message.number === event.number);
          this.messages = this.messages.filter((message) => message !== gone);
          if (gone?.thread !== undefined) {
            this.countThreads();
          }
        }
      }),
      rpc.on("chat", (event) => {
        if (event.chat === this.chat) {
          this.lookedBack = false;
          void this.lookBack();
        }
      }),
      // A new core: what came in between was told to nobody.
      rpc.on("ready", () => void this.end()),
    ];
    const page = thread === null ? ahead.take(chat) : null;
    if (page instanceof Promise) {
      this.coming = page;
    } else if (page !== null) {
      this.show(page);
      this.markUnread();
    }
  }

  close(): void {
    clearTimeout(this.counting);
    for (const stop of this.stop) {
      stop();
    }
  }

  /** Opens at the newest messages, and marks where the unread ones begin. */
  async open(): Promise<void> {
    const page = await this.coming;
    if (page !== null && this.loading && !this.stale) {
      this.show(page);
    }
    if (this.loading) {
      await this.end();
    } else {
      this.countThreads();
    }
    this.markUnread();
  }

  private markUnread(): void {
    const { unread = 0, read = 0 } = app.chat(this.chat) ?? {};
    if (unread > 0) {
      this.firstUnread ??= this.messages.find((message) => !message.own && message.kind === "message" && message.number > read)?.number ?? null;
    }
  }

  /** Goes to the newest messages. */
  async end(): Promise<void> {
    this.countThreads();
    await this.once(async () => {
      if (this.thread !== null) {
        this.root = await app.rpc.call("message", { id: this.thread }).catch(() => null);
      }
      // A chat begins with its first message: before, there is nothing to be read.
      const page =
        app.chat(this.chat) === undefined
          ? { messages: [], more: false }
          : await this.read({ limit: PAGE });
      this.show(page);
    });
  }

  private show(page: Page): void {
    this.messages = this.begun(page.messages.map(named), page.more);
    this.older = page.more;
    this.atEnd = true;
    this.below = 0;
    this.loading = false;
  }

  /** What was written before may have come, without a word each: a device that was linked is given it. */
  private async lookBack(): Promise<void> {
    if (this.lookedBack || this.busy || this.older || this.loading) {
      return;
    }
    this.lookedBack = true;
    const first = this.messages[0];
    if (first === undefined) {
      await this.end();
    } else if (this.thread === null) {
      const page = await this.read({ before: first.number, limit: 1 }).catch(() => null);
      this.older ||= page !== null && page.messages.length > 0;
    }
  }

  /** `change`: in which the messages are changed. */
  async loadOlder(change: (how: () => void) => void): Promise<boolean> {
    const first = this.messages[0];
    if (!this.older || first === undefined) {
      return false;
    }
    return this.once(async () => {
      const page = await this.read({ before: first.number, limit: PAGE });
      const all = this.begun(merge(page.messages, this.messages), page.more);
      change(() => {
        this.older = page.more;
        // Threads are short, and their numbers have gaps: what was read of one stays.
        if (all.length > MOST && this.thread === null) {
          all.length = MOST;
          this.atEnd = false;
        }
        this.messages = all;
      });
    });
  }

  async loadNewer(change: (how: () => void) => void): Promise<boolean> {
    const last = this.messages.at(-1);
    if (this.atEnd || last === undefined) {
      return false;
    }
    return this.once(async () => {
      const before = last.number + PAGE + 1;
      const page = await this.read({ before, limit: PAGE });
      const newest = app.last.get(this.chat)?.number ?? 0;
      const all = merge(this.messages, page.messages);
      change(() => {
        this.atEnd = (all.at(-1)?.number ?? 0) >= newest || before > newest;
        if (all.length > MOST) {
          all.splice(0, all.length - MOST);
          this.older = true;
        }
        this.messages = all;
      });
    });
  }

  /** The message with this number, unless it is gone. */
  async numbered(number: number): Promise<Message | undefined> {
    const known = this.messages.find((message) => message.number === number);
    return known ?? (await this.read({ before: number + 1, limit: 1 }).catch(() => null))?.messages.find((message) => message.number === number);
  }

  /** Has this message at hand; false if it is not there any more. */
  async reach(id: string): Promise<boolean> {
    const atHand = (): boolean => this.messages.some((message) => message.id === id);
    while (this.thread !== null && !atHand() && (await this.loadOlder((change) => change()))) {
      // Back to where it is.
    }
    if (atHand() || this.thread !== null) {
      return atHand();
    }
    try {
      const message = await app.rpc.call("message", { id });
      if (message.chat !== this.chat) {
        return false;
      }
      while (this.busy) {
        await new Promise((next) => setTimeout(next, AGAIN_AFTER)); // one who scrolls there has older ones read
      }
      return await this.once(async () => {
        const page = await this.read({ before: message.number + PAGE / 2, limit: PAGE });
        const newest = app.last.get(this.chat)?.number ?? 0;
        this.messages = page.messages;
        this.older = page.more;
        this.atEnd = (page.messages.at(-1)?.number ?? 0) >= newest;
      });
    } catch {
      return false;
    }
  }

  /** An own message that was just accepted; its event may come before or after. */
  add(said: Message): void {
    const message = named(said);
    if (!this.has(message)) {
      return;
    }
    if (this.messages.some((known) => known.id === message.id)) {
      this.replace(message);
      return;
    }
    if (message.thread !== undefined && this.thread === null) {
      this.countThreads();
    }
    this.older ||= message.notice === "handed"; // earlier ones have come, without a word each
    if (this.atEnd) {
      this.messages = merge(this.messages, [message]);
      this.below += message.own ? 0 : 1;
    } else {
      this.below += message.own ? 0 : 1;
    }
  }

  /** True for what is shown here. */
  private has(message: Message): boolean {
    return message.chat === this.chat && (this.thread === null || message.thread === this.thread || message.id === this.thread);
  }

  /** A thread begins with the message that it hangs on. */
  private begun(messages: Message[], more: boolean): Message[] {
    return this.root === null || more ? messages : merge([this.root], messages);
  }

  /** Once for many that come together. */
  private countThreads(): void {
    if (this.thread === null && app.chat(this.chat) !== undefined) {
      clearTimeout(this.counting);
      this.counting = setTimeout(() => void this.readThreads(), COUNT_AFTER);
    }
  }

  private async readThreads(): Promise<void> {
    try {
      const { threads } = await app.rpc.call("threads", { chat: this.chat });
      const counts = new Map(threads.map(({ thread, count }) => [thread, count]));
      for (const id of [...this.threads.keys()].filter((known) => !counts.has(known))) {
        this.threads.delete(id);
      }
      for (const [id, count] of counts) {
        this.threads.set(id, count);
      }
    } catch {
      // They are counted again with the next one.
    }
  }

  private async fetch(id: string): Promise<void> {
    try {
      const message = await app.rpc.call("message", { id });
      if (message.number > (this.messages[0]?.number ?? 0)) {
        this.add(message);
      }
    } catch {
      // It is gone again.
    }
  }

  private replace(message: Message): void {
    if (message.chat === this.chat) {
      this.change(message.id, () => message);
    }
    if (message.id === this.thread) {
      this.root = message;
    }
  }

  private change(id: string, how: (message: Message) => Message): boolean {
    const at = this.messages.findIndex((message) => message.id === id);
    if (at !== -1) {
      this.messages = this.messages.with(at, how(this.messages[at]!));
    }
    return at !== -1;
  }

  private async read(which: { before?: number; limit: number }): Promise<Page> {
    let page: Page;
    let tries = 0;
    do {
      this.stale = false;
      page = await app.rpc.call("history", {
        chat: this.chat,
        ...(this.thread === null ? {} : { thread: this.thread }),
        ...which,
      });
    } while (this.stale && ++tries < MOST_TRIES);
    return { ...page, messages: page.messages.map(named) };
  }

  private async once(load: () => Promise<void>): Promise<boolean> {
    if (this.busy) {
      return false;
    }
    this.busy = true;
    try {
      await load();
      return true;
    } catch {
      return false; // that core is gone; the next one is asked anew
    } finally {
      this.busy = false;
      void this.lookBack();
    }
  }
}

/** Notices have no ID, and there may be several: here each has one by its number. */
function named(message: Message): Message {
  return message.kind === "notice" ? { ...message, id: `#${message.number}` } : message;
}

/** Both lists by number, each message once; what stands in the second list counts. */
function merge(a: Message[], b: Message[]): Message[] {
  const all = new Map<string, Message>();
  for (const message of [...a, ...b]) {
    all.set(message.id, message);
  }
  return [...all.values()].sort((x, y) => x.number - y.number);
}
