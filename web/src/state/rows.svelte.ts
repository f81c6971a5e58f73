// SPDX-License-Identifier: EUPL-1.2
// What of a conversation's messages is in the page: rows around the view, a few more or less with each frame, so that none
// of them has much to do.
import { sameDay } from "../i18n/format";
import type { Message } from "../rpc";
import type { Conversation } from "./conversation.svelte";
import { deletions } from "./deletions.svelte";

const RUN_LASTS = 5 * 60_000;
const LEAST_ROW = 32; // pixels
const PORTION = 6; // rows that a frame has time for
const IN_HASTE = 16; // where somebody scrolls faster than that
const AROUND = 12; // rows on both sides of one that is gone to, before the view has been measured

export interface Row {
  message: Message;
  /** Messages of a thread that follow each other are one row of the chat. */
  thread: Message[] | null;
  day: boolean;
  unread: boolean;
  first: boolean;
  last: boolean;
}

export function rowsOf(conversation: Conversation): Row[] {
  // In a thread all stand for themselves.
  const threadOf = (message: Message | undefined): string | undefined =>
    conversation.thread === null && message?.kind === "message" ? message.thread : undefined;
  const parts: Message[][] = [];
  for (const message of conversation.messages.filter((one) => !deletions.has(one))) {
    const before = parts.at(-1)?.at(-1);
    const thread = threadOf(message);
    if (
      thread !== undefined &&
      threadOf(before) === thread &&
      sameDay(before!.sent_at, message.sent_at) &&
      message.number !== conversation.firstUnread
    ) {
      parts.at(-1)!.push(message);
    } else {
      parts.push([message]);
    }
  }
  const messages = parts.map((part) => part[0]!);
  const sameRun = (a: Message | undefined, b: Message | undefined): boolean =>
    a !== undefined &&
    b !== undefined &&
    a.kind === "message" &&
    b.kind === "message" &&
    threadOf(a) === undefined &&
    threadOf(b) === undefined &&
    a.own === b.own &&
    a.from === b.from &&
    a.handed_by === b.handed_by &&
    Math.abs(b.sent_at - a.sent_at) < RUN_LASTS &&
    sameDay(a.sent_at, b.sent_at) &&
    b.number !== conversation.firstUnread;
  return messages.map((message, i) => ({
    message,
    thread: threadOf(message) === undefined ? null : parts[i]!,
    day: i === 0 || !sameDay(messages[i - 1]!.sent_at, message.sent_at),
    unread: message.number === conversation.firstUnread,
    first: !sameRun(messages[i - 1], message),
    last: !sameRun(message, messages[i + 1]),
  }));
}

/** A part of the rows that follow each other. It keeps its place by numbers: rows come and go before and behind it. */
export class RowWindow {
  private top: number | null = $state(null); // null: not measured yet
  private end = $state(Infinity); // the newest that is in it; Infinity: whatever comes
  readonly from: number;
  readonly to: number;
  readonly shown: Row[];

  constructor(private readonly rows: () => Row[]) {
    this.from = $derived(this.first());
    this.to = $derived(this.behindLast());
    this.shown = $derived(this.rows().slice(this.from, this.to));
  }

  private first(): number {
    const rows = this.rows();
    const { top } = this;
    if (top !== null) {
      const at = rows.findIndex(({ message, thread }) => (thread?.at(-1) ?? message).number >= top);
      return at === -1 ? rows.length : at;
    }
    // As many as fill the view, with where the unread ones begin.
    const unread = rows.findIndex((row) => row.unread);
    const fills = Math.max(rows.length - Math.ceil(innerHeight / LEAST_ROW), 0);
    return unread === -1 ? fills : Math.max(Math.min(fills, unread - AROUND), 0);
  }

  private behindLast(): number {
    const rows = this.rows();
    return this.end === Infinity ? rows.length : rows.findLastIndex(({ message }) => message.number <= this.end) + 1;
  }

  /** From one row until before another. */
  private set(from: number, to: number): void {
    const rows = this.rows();
    this.top = rows[from]?.message.number ?? null;
    this.end = to >= rows.length ? Infinity : (rows[to - 1]?.message.number ?? Infinity);
  }

  /** The newest rows, and what comes. */
  toEnd(): void {
    this.top = null;
    this.end = Infinity;
  }

  around(id: string): void {
    const rows = this.rows();
    const at = rows.findIndex(({ message }) => message.id === id);
    if (at >= this.from && at < this.to) {
      this.set(this.from, this.to); // it stays, whatever comes behind it
    } else if (at !== -1) {
      this.set(Math.max(at - AROUND, 0), Math.min(at + AROUND, rows.length));
    }
  }

  /** Takes rows in at these sides, and out those many. False if that changes nothing. */
  move(takes: { above: boolean; below: boolean; haste: boolean }, dropsAbove: number, dropsBelow: number): boolean {
    const portion = takes.haste ? IN_HASTE : PORTION;
    const from = Math.max(takes.above ? this.from - portion : this.from, 0) + dropsAbove;
    const to = Math.min(takes.below ? this.to + portion : this.to, this.rows().length) - dropsBelow;
    if (from >= to || (from === this.from && to === this.to)) {
      return false;
    }
    this.set(from, to);
    return true;
  }
}
