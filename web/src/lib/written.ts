// SPDX-License-Identifier: EUPL-1.2
// A message as a text that stands for itself, with when and by whom: in a file, or in the clipboard.
import { f, t } from "../i18n/index.svelte";
import type { Message } from "../rpc";
import { app } from "../state/app.svelte";
import { safeName } from "./filename";
import { noticeWords } from "./notice";

export const when = (time: number): string => new Date(time).toLocaleString(f().locale);

/** Further lines are set in: none of them looks like another message. */
export function written(message: Message): string {
  const { poll, location } = message;
  const parts = [
    message.kind === "notice" ? noticeWords(message) : message.deleted ? t().message.deleted : message.text,
    ...(message.deleted ? [] : message.files.map((file) => `[${safeName(file.name)}, ${f().size(file.size)}]`)),
    ...(poll === undefined ? [] : [poll.question, ...poll.options.map((option) => `- ${option.text}: ${f().number(option.votes)}`)]),
    ...(location === undefined ? [] : [`${location.name ?? ""} ${f().coordinates(location.latitude, location.longitude)}`]),
  ].filter((part) => part !== "");
  const who = message.kind === "notice" ? "*" : `${message.own ? (app.account?.name ?? app.account?.id ?? "") : app.nameOf(message.from ?? "")}:`;
  const marks = [message.thread === undefined ? "" : ` (${t().thread.title})`, message.edited_at === undefined ? "" : ` (${t().message.edited})`];
  return `${when(message.sent_at)} ${who} ${parts.join("\n")}${marks.join("")}`.split(/\r\n|[\n\r\v\f\u0085\u2028\u2029]/).join("\n    ");
}
