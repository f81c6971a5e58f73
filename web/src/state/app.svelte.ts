// SPDX-License-Identifier: EUPL-1.2
// What the screen knows: a picture of the core's state, asked for once and kept up by its events.
import { SvelteMap } from "svelte/reactivity";
import { Rpc, type Account, type Chat, type ConnectionState, type Contact, type ErrorObject, type Joining, type Message, type Status, type TransferEvent } from "../rpc";
import { startStretcher, startWorker } from "../trusted";
import { discard } from "./fetched";

export type Phase = "starting" | "failed" | "new" | "locked" | "open";

/** How the path of a file begins that a person saves, and not just looks at. */
export const SAVED = "save-";

const USED_EMOJI = { most: 16, bytes: 256 }; // docs/api.md, settings.set
const REFUSED = 3; // docs/api.md, Errors
const TYPING_LASTS = 10_000; // milliseconds: who isn't heard again has stopped

class App {
  readonly rpc = new Rpc(startWorker, startStretcher);

  phase: Phase = $state("starting");
  failure: { code: string; words: string } | null = $state(null);
  activated = $state(false);
  /** Of an open home without an account: an activation was interrupted, and goes on by itself. */
  activating = $state(false);
  /** What opens the home: each is enough. */
  means: Status["means"] & object = $state.raw([]);
  /** Names of the keys among them, the newest last. */
  keys: string[] = $state.raw([]);
  account: Account | null = $state(null);
  connection: ConnectionState = $state("offline");
  /** Why the server does not let this device in, unless it just can't be reached. */
  refusal: ErrorObject | null = $state(null);
  /** Null until they have been read. */
  chats: Chat[] | null = $state.raw(null);
  joins: Joining[] = $state.raw([]);
  readonly contacts = new SvelteMap<string, Contact>();
  /** The newest message of a chat, for the list. */
  readonly last = new SvelteMap<string, Message>();
  readonly drafts = new SvelteMap<string, string>();
  /** Files on their way, by message and number of the file; those that are there and were not handed over yet. */
  readonly transfers = new SvelteMap<string, TransferEvent>();
  private readonly handed = new Set<number>();
  readonly typing = new SvelteMap<string, Map<string, number>>();
  /** The newest first. */
  usedEmoji: string[] = $state.raw([]);
  /** A message that its conversation, or its thread, is to go to. */
  jump: { chat: string; thread?: string | undefined; id: string } | null = $state.raw(null);
  /** What else has to be known before anything is shown. */
  opening: () => Promise<void> = async () => {};

  constructor() {
    const { rpc } = this;
    rpc.on("ready", () => void this.begin());
    rpc.on("locked", () => {
      this.forget();
      if (navigator.serviceWorker?.controller == null) {
        this.phase = "locked";
      } else {
        // What the page has shown goes with it; it comes back without a network too.
        this.phase = "starting";
        location.reload();
      }
    });
    rpc.on("failed", (failure) => {
      this.forget();
      // What comes of a browser that can't run it says less than that.
      if (this.failure?.code !== "unsupported") {
        this.failure = failure;
      }
      this.phase = "failed";
    });
    rpc.on("connection", (event) => {
      this.connection = event.state;
      if (event.state === "online" || event.error !== undefined) {
        this.refusal = event.error?.code === REFUSED ? event.error : null;
      }
    });
    rpc.on("chat", (chat) => {
      this.putChat(chat);
      this.takeDrafts(chat); // perhaps written in another tab, or on another device
      if (!this.last.has(chat.chat) && chat.last_at !== undefined) {
        void this.readLast(chat.chat); // a device that was linked is given what was written before, without a word each
      }
    });
    rpc.on("chat_deleted", ({ chat }) => this.dropChat(chat));
    rpc.on("contact", (contact) => {
      if (contact.removed === true) {
        this.contacts.delete(contact.id); // perhaps in another tab, or on another device
      } else {
        this.contacts.set(contact.id, contact);
      }
    });
    rpc.on("message", (message) => this.takeMessage(message));
    rpc.on("message_changed", (message) => this.replaceLast(message));
    rpc.on("message_state", (event) => {
      const last = this.last.get(event.chat);
      if (last?.id === event.id) {
        this.last.set(event.chat, { ...last, state: event.state });
      } else if (last === undefined || event.state === "queued" || event.state === "sent") {
        // Perhaps written in another tab, which alone was answered.
        void this.readLast(event.chat);
      }
    });
    rpc.on("message_removed", (event) => {
      if (this.last.get(event.chat)?.number === event.number) {
        void this.readLast(event.chat);
      }
    });
    rpc.on("transfer", (event) => {
      // What is fetched to be looked at belongs to the tab that does.
      if (event.message !== undefined && (event.kind === "upload" || event.path?.startsWith(SAVED))) {
        const key = `${event.message}:${event.file}`;
        if (event.state === "failed" || (event.state === "done" && (event.kind === "upload" || this.handed.has(event.transfer)))) {
          this.transfers.delete(key);
        } else {
          this.transfers.set(key, event);
        }
      }
    });
    rpc.on("joins", ({ joins }) => (this.joins = joins));
    rpc.on("typing", (event) => this.setTyping(event.chat, event.from, event.typing));
  }

  // --- its life ---

  /** Asks a core, a new one perhaps, how things stand. */
  private async begin(): Promise<void> {
    try {
      const status = await this.rpc.call("status", {});
      this.activated = status.activated;
      this.takeMeans(status);
      this.connection = status.connection;
      if (status.state === "open") {
        await this.open();
      } else {
        this.forget();
        this.phase = status.state === "new" ? "new" : "locked";
      }
    } catch {
      // That core has gone again: the next one says so.
    }
  }

  /** After `create`, `unlock` or `activate`: reads what the lists show. */
  async open(): Promise<void> {
    const status = await this.rpc.call("status", {});
    this.activated = status.activated;
    this.takeMeans(status);
    this.connection = status.connection;
    if (!status.activated) {
      this.activating = status.activating === true;
      this.phase = "new";
      return;
    }
    // Each is taken over as it comes: an event behind it is about what is newer.
    await Promise.all([
      this.readAccount(),
      this.rpc.call("chats", {}).then(({ chats }) => this.setChats(chats)),
      this.rpc.call("group.joins", {}).then(({ joins }) => (this.joins = joins)),
      this.rpc.call("contact.list", {}).then(({ contacts }) => this.setContacts(contacts)),
      this.rpc.call("settings.get", {}).then(({ emoji }) => (this.usedEmoji = emoji.split(" ").filter((one) => one !== ""))),
      this.rpc.call("transfers", {}).then(({ transfers }) => this.setTransfers(transfers)),
      this.opening(),
    ]);
    this.phase = "open";
    void this.rpc.call("connect", {}).catch(() => {});
    // A browser that refused while it hardly knew this page may think otherwise by now. Firefox asks the person, once is enough.
    if (!navigator.userAgent.includes("Firefox/")) {
      void navigator.storage.persist().catch(() => {});
    }
  }

  async readAccount(): Promise<void> {
    this.account = await this.rpc.call("whoami", {});
  }

  async readMeans(): Promise<void> {
    this.takeMeans(await this.rpc.call("status", {}));
  }

  private takeMeans(status: Status): void {
    this.means = status.means ?? [];
    this.keys = status.keys ?? [];
  }

  setContacts(contacts: Contact[]): void {
    this.contacts.clear();
    for (const contact of contacts) {
      this.contacts.set(contact.id, contact);
    }
  }

  private setTransfers(transfers: TransferEvent[]): void {
    this.transfers.clear();
    for (const transfer of transfers) {
      if (transfer.kind === "download" && !transfer.path?.startsWith(SAVED)) {
        // What was to be shown in a tab that is gone: it is asked for again when it comes into view.
        void this.rpc
          .call("transfer.set", { transfer: transfer.transfer, state: "given_up" })
          .then(() => discard(`${transfer.path}.part`))
          .catch(() => {});
      } else {
        this.transfers.set(`${transfer.message}:${transfer.file}`, transfer);
      }
    }
  }

  private setChats(chats: Chat[]): void {
    this.chats = chats.map(({ last: _, ...chat }) => chat);
    for (const chat of chats) {
      this.takeDrafts(chat);
      if (chat.last !== undefined) {
        this.last.set(chat.chat, chat.last);
      }
    }
  }

  /** A thread's stands under chat and thread. */
  takeDrafts(chat: Chat): void {
    const all = new Map([[chat.chat, chat.draft ?? ""]]);
    for (const [thread, draft] of Object.entries(chat.thread_drafts ?? {})) {
      all.set(`${chat.chat}/${thread}`, draft);
    }
    for (const known of [...this.drafts.keys()].filter((key) => key.startsWith(`${chat.chat}/`) && !all.has(key))) {
      this.drafts.delete(known);
    }
    for (const [key, draft] of all) {
      this.drafts.set(key, draft);
    }
  }

  /** Nothing of what was unlocked stays. */
  private forget(): void {
    this.account = null;
    this.chats = null;
    this.joins = [];
    this.contacts.clear();
    this.last.clear();
    this.drafts.clear();
    this.transfers.clear();
    this.handed.clear();
    this.usedEmoji = [];
    this.jump = null;
    this.typing.clear();
  }

  /** A file was saved in another tab, which may say so before the core says that it is there. */
  handedOver(transfer: number): void {
    this.handed.add(transfer);
    for (const [key, known] of this.transfers) {
      if (known.transfer === transfer) {
        this.transfers.delete(key);
      }
    }
  }

  /** The server can't be reached: what needs it waits. */
  get away(): boolean {
    return this.connection === "offline" || this.connection === "connecting";
  }

  // --- calls ---

  /** Everything in this chat up to the message has been shown. */
  async markRead(chat: Chat, message: Message): Promise<void> {
    await this.rpc.call("read", { chat: chat.chat, number: message.number });
    const now = this.chat(chat.chat);
    if (now !== undefined) {
      this.putChat({ ...now, unread: 0, called: 0, calls: [], marked: false });
    }
  }

  useEmoji(emoji: string): void {
    const used = [emoji, ...this.usedEmoji.filter((other) => other !== emoji)].slice(0, USED_EMOJI.most);
    while (new TextEncoder().encode(used.join(" ")).length > USED_EMOJI.bytes) {
      used.pop();
    }
    this.usedEmoji = used;
    void this.rpc.call("settings.set", { emoji: used.join(" ") }).catch(() => {});
  }

  // --- what is shown ---

  chat(name: string): Chat | undefined {
    return this.chats?.find((chat) => chat.chat === name);
  }

  /** The direct chat with a contact to whom nothing was written yet: it begins with the first message. */
  chatToBe(id: string): Chat | undefined {
    return this.contacts.has(id)
      ? { chat: id, kind: "direct", name: this.nameOf(id), members: [id], state: "open", queued: 0, unread: 0, called: 0 }
      : undefined;
  }

  /** What a person is called here: the contact's name, or the ID. */
  nameOf(id: string): string {
    const contact = this.contacts.get(id);
    return contact === undefined || contact.name === "" ? id : contact.name;
  }

  /** True if this account may change the group: see docs/api.md, Groups. */
  administers(chat: Chat): boolean {
    return chat.kind === "group" && this.account !== null && chat.roles?.[this.account.id] !== undefined;
  }

  titleOf(chat: Chat): string {
    return chat.kind === "direct" ? this.nameOf(chat.chat) : chat.name;
  }

  /** True for what mentions who is here. */
  isCalledBy({ own, mentions }: Message): boolean {
    return !own && mentions?.includes(this.account?.id ?? "") === true;
  }

  putChat({ last, ...chat }: Chat): void {
    const others = (this.chats ?? []).filter((other) => other.chat !== chat.chat);
    const at = others.findIndex((other) => (other.last_at ?? 0) <= (chat.last_at ?? Infinity));
    others.splice(at === -1 ? others.length : at, 0, chat);
    this.chats = others;
    if (last !== undefined) {
      this.putLast(last);
    }
  }

  dropChat(name: string): void {
    this.chats = (this.chats ?? []).filter((other) => other.chat !== name);
    this.last.delete(name);
  }

  putLast(message: Message): void {
    const known = this.last.get(message.chat);
    if (known === undefined || known.number <= message.number) {
      this.last.set(message.chat, message);
    }
  }

  whoTypes(chat: string): string[] {
    return [...(this.typing.get(chat)?.keys() ?? [])];
  }

  private takeMessage(message: Message): void {
    this.putLast(message);
    if (message.from !== undefined) {
      this.setTyping(message.chat, message.from, false);
    }
    const chat = this.chat(message.chat);
    if (chat !== undefined) {
      const counts = !message.own && message.arrival !== undefined;
      const unread = chat.unread + (counts ? 1 : 0);
      const calls = counts && this.isCalledBy(message) ? [message.number] : [];
      this.putChat({ ...chat, unread, called: chat.called + calls.length, calls: [...(chat.calls ?? []), ...calls], last_at: Math.max(chat.last_at ?? 0, message.sent_at) });
    }
  }

  private replaceLast(message: Message): void {
    if (this.last.get(message.chat)?.number === message.number) {
      this.last.set(message.chat, message);
    }
  }

  private async readLast(chat: string): Promise<void> {
    try {
      const { messages } = await this.rpc.call("history", { chat, limit: 1 });
      const message = messages[0];
      if (message === undefined) {
        this.last.delete(chat);
      } else {
        this.last.set(chat, message);
      }
    } catch {
      // The list shows the chat without it.
    }
  }

  private setTyping(chat: string, from: string, typing: boolean): void {
    const who = new Map(this.typing.get(chat));
    clearTimeout(who.get(from));
    who.delete(from);
    if (typing) {
      who.set(from, Number(setTimeout(() => this.setTyping(chat, from, false), TYPING_LASTS)));
    }
    this.typing.set(chat, who);
  }
}

export const app = new App();
