// SPDX-License-Identifier: EUPL-1.2
// What has happened in a chat, in words of the language in use.
import { f, t } from "../i18n/index.svelte";
import type { Message } from "../rpc";
import { app } from "../state/app.svelte";

const SECONDS: Record<string, number> = { second: 1, minute: 60, hour: 3600, day: 86_400 };

/** How long something takes, as the core says it in English. */
function lasting(words: string): string {
  const [, count, unit] = /^(\d+) (second|minute|hour|day)s?$/.exec(words) ?? [];
  return unit === undefined ? words : f().duration(Number(count) * SECONDS[unit]!);
}

/** IDs among the particulars become names; "%s" takes one after the other. */
export function noticeWords(message: Message): string {
  const timed = message.words?.endsWith("disappear after %s");
  const parts = (message.parts ?? []).map((part, i, all) =>
    (timed && i === all.length - 1 ? lasting(part) : part)
      .split(/, ?/)
      .map((word) => f().isolate(app.contacts.has(word) ? app.nameOf(word) : word))
      .join(", "),
  );
  const sentences: Record<string, string> = t().sentences;
  const sentence = sentences[message.words ?? ""];
  if (sentence === undefined) {
    // One that this version has no words for: the general ones of its kind, or the core's own.
    const kinds: Record<string, string> = t().notice;
    const english = f().locale.startsWith("en");
    return (english ? undefined : kinds[message.notice ?? ""]) ?? message.text;
  }
  let next = 0;
  return sentence.replaceAll("%s", () => parts[next++] ?? "");
}
