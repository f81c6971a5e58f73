// SPDX-License-Identifier: EUPL-1.2
// The one way from the screen to the core: the JSON-RPC interface of docs/api.md, typed.
import type { ToPage, ToWorker } from "./core/messages";
import { giveUp, type StretchWork } from "./core/stretch";

// --- objects ---

export type ConnectionState = "offline" | "connecting" | "syncing" | "online";
export type MessageState = "queued" | "uploading" | "sent" | "delivered" | "read" | "failed";
export type Trust = "unknown" | "organisation" | "verified";
export type Role = "owner" | "admin" | "member";

export interface ErrorObject {
  code: number;
  message: string;
  data?: { name?: string; at?: number; wait?: number };
}

export interface Status {
  state: "new" | "locked" | "open";
  means?: ("passphrase" | "key" | "both")[];
  keys?: string[];
  activated: boolean;
  /** Of an open home: an activation was begun that goes on without its link. */
  activating?: boolean;
  id?: string;
  connection: ConnectionState;
  queued: number;
  handing?: boolean;
}

export interface FileInfo {
  name: string;
  size: number;
  type: string;
  kind?: "file" | "image" | "voice" | "video";
  width?: number;
  height?: number;
  duration?: number;
  waveform?: string;
  thumbnail?: string;
  thumbnail_type?: string;
}

export interface Reaction {
  emoji: string;
  from: string[];
  /** Those of whom only `handed_by` of the message says it. */
  handed?: string[];
  own: boolean;
}

/** In degrees and metres. */
export interface Location {
  latitude: number;
  longitude: number;
  accuracy?: number;
  name?: string;
}

export interface Poll {
  question: string;
  options: { text: string; votes: number; own: boolean; from: string[]; handed?: string[] }[];
  multiple: boolean;
  closed: boolean;
}

export interface Message {
  chat: string;
  id: string;
  number: number;
  arrival?: number;
  kind: "message" | "notice";
  notice?: string;
  /** A notice's sentence, with %s for each of its particulars, and those: see lib/notice.ts. */
  words?: string;
  parts?: string[];
  from?: string;
  own: boolean;
  sent_at: number;
  text: string;
  files: FileInfo[];
  reply_to?: string;
  expires_at?: number;
  expire?: number;
  state?: MessageState;
  error?: ErrorObject;
  receipts?: { delivered: number; read: number; of: number };
  edited_at?: number;
  deleted?: boolean;
  reactions?: Reaction[];
  mentions?: string[];
  thread?: string;
  poll?: Poll;
  location?: Location;
  format?: "markdown";
  forwarded?: boolean;
  /** The member who says that `from` has written it: this account came later. */
  handed_by?: string;
  /** Of an event: an edit has just begun to mention this account. */
  calls_now?: boolean;
}

/** A group that is being joined by its link: it is not known yet whether this account is in. */
export interface Joining {
  link: string;
  name?: string;
  since?: number;
  /** It was given up, and had perhaps arrived. */
  cancelled: boolean;
}

export interface Chat {
  chat: string;
  kind: "direct" | "group";
  name: string;
  members: string[];
  state: "open" | "left" | "removed";
  /** Changes that the server has not taken yet. */
  pending?: number;
  queued: number;
  unread: number;
  /** How many of these mention this account. */
  called: number;
  /** Numbers of the first of them. */
  calls?: number[];
  /** Number of the last message that this account has read. */
  read?: number;
  request?: boolean;
  last_at?: number;
  last?: Message;
  pinned?: boolean;
  archived?: boolean;
  muted_until?: number;
  draft?: string;
  /** By the message that a thread hangs on. */
  thread_drafts?: Record<string, string>;
  marked?: boolean;
  roles?: Record<string, Role>;
  policy?: {
    expiring?: "optional" | "required" | "forbidden";
    expire_min?: number;
    expire_max?: number;
    history?: "forbidden" | "optional"; 
    join?: "closed" | "link";
    post?: "all" | "admins";
    add?: "all" | "admins";
  };
  description?: string;
  picture?: string;
  expire?: number;
  epoch?: number;
  devices?: number;
}

export interface Contact {
  id: string;
  name: string;
  trust: Trust;
  safety?: string;
  blocked?: boolean;
  changed?: boolean;
  request?: boolean;
  removed?: boolean;
}

export interface Account {
  id: string;
  address: string;
  device: string;
  name?: string;
  /** What its QR code holds. */
  code: string;
  role: "user" | "admin";
  server: string;
  /** This device keeps a copy on the server. */
  safe: boolean;
}

export interface Device {
  device: string;
  name: string;
  current: boolean;
  added_at?: number;
  missing?: boolean;
  /** It is new, and the others have not let it into all chats yet. */
  waiting?: boolean;
}

export interface Settings {
  receipts: boolean;
  typing: boolean;
  /** Those that were used last, separated by spaces. */
  emoji: string;
}

export interface OutgoingFile {
  path: string;
  name: string;
  size: number;
  type?: string;
  kind?: FileInfo["kind"];
  width?: number;
  height?: number;
  duration?: number;
  waveform?: string;
  thumbnail?: string;
  thumbnail_type?: string;
  /** Of a picture: without what it says of its place, its time and its camera. */
  bare?: boolean;
}

/** How many messages hang on another one, and the number of the newest. */
export interface Thread {
  thread: string;
  count: number;
  last: number;
}

export interface Page {
  messages: Message[];
  more: boolean;
}

interface Method<Params, Result> {
  params: Params;
  result: Result;
}
type None = Record<string, never>;

export interface Methods {
  status: Method<None, Status>;
  create: Method<{ passphrase?: string; key?: string }, None>;
  unlock: Method<{ passphrase?: string; key?: string }, None>;
  passphrase: Method<{ old?: string; old_key?: string; new?: string; new_key?: string; keep?: boolean }, None>;
  "means.remove": Method<{ means: string; old?: string; old_key?: string }, None>;
  backup: Method<{ path: string; passphrase: string; history?: boolean }, { transfer: number }>;
  restore: Method<{ path: string; passphrase: string; server?: string; device_name?: string }, { id: string; address: string; device: string }>;
  "safe.set": Method<{ enabled: boolean; passphrase?: string }, None>;
  "safe.restore": Method<
    { id: string; passphrase: string; server: string; device_name?: string }, { id: string; address: string; device: string }
  >;
  activate: Method<
    { link?: string; server?: string; device_name?: string }, { id: string; address: string; device: string; name?: string }
  >;
  whoami: Method<None, Account>;
  connect: Method<None, None>;
  disconnect: Method<None, None>;
  send: Method<
    {
      to?: string;
      chat?: string;
      text?: string;
      files?: OutgoingFile[];
      reply_to?: string;
      expire?: number;
      mentions?: string[];
      thread?: string;
      poll?: { question: string; options: string[]; multiple?: boolean };
      location?: Message["location"];
      format?: "markdown";
      forward?: string;
      key?: string;
    },
    Message
  >;
  edit: Method<{ id: string; text: string; format?: "markdown" | "plain"; mentions?: string[] }, Message>;
  delete: Method<{ id: string; for: "everyone" | "me" }, None>;
  react: Method<{ id: string; emoji: string; remove?: boolean }, Message>;
  vote: Method<{ id: string; options: number[] }, Message>;
  "poll.close": Method<{ id: string }, Message>;
  retry: Method<{ id: string }, Message>;
  read: Method<{ chat: string; number: number }, None>;
  typing: Method<{ chat: string; typing: boolean }, None>;
  receipts: Method<{ id: string }, { members: { id: string; delivered_at: number; read_at?: number }[] }>;
  receive: Method<{ limit?: number }, Page>;
  seen: Method<{ arrival: number }, None>;
  chats: Method<None, { chats: Chat[] }>;
  history: Method<{ chat: string; thread?: string; before?: number; limit?: number }, Page>;
  threads: Method<{ chat: string }, { threads: Thread[]; more: boolean }>;
  message: Method<{ id: string }, Message>;
  search: Method<{ query: string; chat?: string; before?: number; limit?: number }, Page>;
  transfers: Method<None, { transfers: TransferEvent[] }>;
  "transfer.set": Method<{ transfer: number; state: "running" | "paused" | "given_up" }, None>;
  save: Method<{ message: string; file?: number; path: string }, { transfer: number; name: string; size: number }>;
  "chat.delete": Method<{ chat: string }, None>;
  "chat.set": Method<
    { chat: string; pinned?: boolean; archived?: boolean; muted_until?: number; draft?: string; thread?: string; marked?: boolean },
    Chat
  >;
  "group.create": Method<{ name: string; members: string[] }, Chat>;
  "group.add": Method<{ chat: string; members: string[] }, Chat>;
  "group.remove": Method<{ chat: string; members: string[] }, Chat>;
  "group.leave": Method<{ chat: string }, Chat>;
  "group.info": Method<{ chat: string }, Chat>;
  "group.set": Method<
    { chat: string; name?: string; description?: string; picture?: { data: string; type: string } | null; expire?: number; expiring?: "optional" | "forbidden"; expire_min?: number; expire_max?: number; history?: "forbidden" | "optional"; post?: "all" | "admins"; add?: "all" | "admins" },
    Chat
  >;
  "chat.picture": Method<{ chat: string }, { data: string; type: string }>;
  "group.role": Method<{ chat: string; member: string; role: Role }, Chat>;
  "group.link": Method<{ chat: string; enabled: boolean }, { link?: string }>;
  "group.join": Method<{ link: string }, Chat>;
  "group.join_cancel": Method<{ link: string }, { pending: boolean }>;
  "group.joins": Method<None, { joins: Joining[] }>;
  "contact.list": Method<None, { contacts: Contact[] }>;
  "contact.add": Method<{ id: string; name?: string }, Contact>;
  "contact.set": Method<{ id: string; name?: string; blocked?: boolean }, Contact>;
  "contact.remove": Method<{ id: string }, None>;
  "contact.safety": Method<{ id: string }, { safety: string; code: string }>;
  "contact.verify": Method<{ id: string; code: string }, Contact>;
  "contact.accept": Method<{ id: string }, Contact>;
  "contact.reject": Method<{ id: string }, Contact>;
  "device.list": Method<None, { devices: Device[] }>;
  "device.link": Method<{ history?: boolean }, { link: string; expires: number }>;
  "device.remove": Method<{ device: string }, None>;
  "settings.get": Method<None, Settings>;
  "settings.set": Method<Partial<Settings>, Settings>;
  "push.get": Method<None, { key?: string }>;
  "push.set": Method<{ endpoint: string }, None>;
}

export interface TransferEvent {
  transfer: number;
  kind: "upload" | "download" | "backup" | "restore";
  state: "running" | "paused" | "done" | "failed";
  done: number;
  size: number;
  path?: string;
  /** Whose file it is, and which of its files. */
  message?: string;
  file?: number;
  error?: ErrorObject;
}

export interface Events {
  connection: { state: ConnectionState; error?: ErrorObject; retry_at?: number };
  message: Message;
  message_changed: Message;
  message_removed: { chat: string; id: string; number: number };
  message_state: { chat: string; id: string; state: MessageState; error?: ErrorObject };
  chat: Chat;
  chat_deleted: { chat: string };
  contact: Contact;
  device: Device & { event: "listed" | "linked" | "removed" };
  typing: { chat: string; from: string; typing: boolean };
  joining: { link: string; chat?: string; error?: ErrorObject };
  joins: { joins: Joining[] };
  transfer: TransferEvent;
  // Of the host, not of the core:
  /** A core is there: whatever was known of its state has to be asked for again. */
  ready: None;
  locked: None;
  failed: { code: string; words: string };
}

/** Why a request did not succeed; `name` is stable (docs/api.md, Errors) or "interrupted": its core has gone. */
export class RpcError extends Error {
  override readonly name: string;
  /** When it happened, and for how many seconds to wait, where that is known. */
  readonly at: number | undefined;
  readonly wait: number | undefined;

  constructor(error: ErrorObject) {
    super(error.message);
    this.name = error.data?.name ?? "internal";
    this.at = error.data?.at;
    this.wait = error.data?.wait;
  }
}

/** What may be asked again after a core has gone in the middle: asking twice is as asking once. */
const REPEATABLE: ReadonlySet<keyof Methods> = new Set<keyof Methods>([
  "status",
  "whoami",
  "connect",
  "disconnect",
  "receive",
  "seen",
  "read",
  "chats",
  "history",
  "threads",
  "transfers",
  "message",
  "search",
  "receipts",
  "group.info",
  "contact.list",
  "contact.safety",
  "chat.set",
  "chat.delete",
  "settings.get",
  "settings.set",
  "push.get",
  "push.set",
  "device.list",
  "send", // by its key
]);

interface Pending {
  method: keyof Methods;
  line: string;
  resolve(result: never): void;
  reject(error: RpcError): void;
}

export interface Port {
  postMessage(message: ToWorker): void;
  terminate(): void;
  onmessage: ((event: MessageEvent<ToPage>) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
}

/** The worker that stretches one passphrase, and ends. */
export interface Stretcher {
  postMessage(work: StretchWork): void;
  terminate(): void;
  onmessage: ((event: MessageEvent<null>) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
}

type Listener<E extends keyof Events> = (event: Events[E]) => void;

export class Rpc {
  private readonly tab = crypto.randomUUID().slice(0, 8);
  private readonly pending = new Map<string, Pending>();
  private readonly listeners = new Map<keyof Events, Set<Listener<never>>>();
  private ready = false;
  private count = 0;
  private port: Port;
  private absent = false; // the worker itself did not come

  constructor(
    private readonly start: () => Port,
    private readonly startStretcher: () => Stretcher,
  ) {
    this.port = this.begin();
  }

  private begin(): Port {
    const port = this.start();
    port.onmessage = (event) => this.take(event.data);
    port.onerror = (event) => {
      // What goes wrong in it has words; what has none is that it could not be fetched.
      if (!((event as Event) instanceof ErrorEvent)) {
        this.absent = true;
        this.take({ type: "failed", code: "worker", words: "the worker could not be fetched" });
      }
    };
    port.postMessage({ type: "start", tab: this.tab });
    return port;
  }

  call<M extends keyof Methods>(method: M, params: Methods[M]["params"]): Promise<Methods[M]["result"]> {
    const id = `${this.tab}:${++this.count}`;
    const line = JSON.stringify({ jsonrpc: "2.0", id, method, params });
    return new Promise((resolve, reject) => {
      this.pending.set(id, { method, line, resolve, reject });
      if (this.ready) {
        this.port.postMessage({ type: "line", line });
      }
    });
  }

  on<E extends keyof Events>(event: E, listener: Listener<E>): () => void {
    const all = this.listeners.get(event) ?? new Set();
    this.listeners.set(event, all);
    all.add(listener as Listener<never>);
    return () => all.delete(listener as Listener<never>);
  }

  /** Hands a file to the core's host, and gives the path by which `send` names it. */
  give(file: File): string {
    const path = `given-${crypto.randomUUID()}`;
    this.port.postMessage({ type: "file", path, file });
    return path;
  }

  /** Wipes the core's memory, for all tabs. */
  lock(): void {
    this.port.postMessage({ type: "lock" });
  }

  /** Deletes the home, for all tabs: what comes then is a new one. */
  erase(): void {
    this.port.postMessage({ type: "erase" });
  }

  /** Opens a core again after `failed`. */
  reopen(): void {
    if (this.absent) {
      this.absent = false;
      this.port.terminate();
      this.port = this.begin();
    } else {
      this.port.postMessage({ type: "reopen" });
    }
  }

  private emit<E extends keyof Events>(event: E, data: Events[E]): void {
    for (const listener of this.listeners.get(event) ?? []) {
      (listener as Listener<E>)(data);
    }
  }

  private take(message: ToPage): void {
    switch (message.type) {
      case "line":
        this.takeLine(message.line);
        break;
      case "ready":
        this.interrupt(this.ready);
        this.ready = true;
        for (const { line } of this.pending.values()) {
          this.port.postMessage({ type: "line", line });
        }
        this.emit("ready", {});
        break;
      case "locked":
        // Not wiped alone: with the worker goes all that it has ever held. A new one begins with a locked core.
        this.port.terminate();
        this.port = this.begin();
        this.ready = false;
        this.reject(() => true);
        this.emit("locked", {});
        break;
      case "stretch":
        this.stretch(message.work);
        break;
      case "failed":
        this.ready = false;
        this.reject(() => true);
        this.emit("failed", { code: message.code, words: message.words });
        break;
    }
  }

  private stretch(work: StretchWork): void {
    const stretcher = this.startStretcher();
    stretcher.onmessage = () => stretcher.terminate();
    stretcher.onerror = (event) => {
      event.preventDefault(); // it is done without
      giveUp(work);
      stretcher.terminate();
    };
    stretcher.postMessage(work);
  }

  /** The core that was asked has gone: what must not be asked twice is told so. */
  private interrupt(wasReady: boolean): void {
    if (wasReady) {
      this.reject((pending) => !REPEATABLE.has(pending.method));
    }
  }

  private reject(which: (pending: Pending) => boolean): void {
    for (const [id, pending] of this.pending) {
      if (which(pending)) {
        this.pending.delete(id);
        pending.reject(new RpcError({ code: 2, message: "interrupted", data: { name: "interrupted" } }));
      }
    }
  }

  private takeLine(line: string): void {
    const said = JSON.parse(line) as {
      id?: string | null;
      result?: never;
      error?: ErrorObject;
      method?: keyof Events;
      params?: never;
    };
    if (said.method !== undefined) {
      this.emit(said.method, said.params as never);
      return;
    }
    const pending = this.pending.get(said.id ?? "");
    if (pending === undefined) {
      return;
    }
    this.pending.delete(said.id!);
    if (said.error !== undefined) {
      pending.reject(new RpcError(said.error));
    } else {
      pending.resolve(said.result!);
    }
  }
}
