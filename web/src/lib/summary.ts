// SPDX-License-Identifier: EUPL-1.2
// What a message holds, in one line: for lists, quotes and announcements.
import { f, t } from "../i18n/index.svelte";
import type { Message } from "../rpc";
import { safeName } from "./filename";
import { oneLine } from "./markdown";
import { noticeWords } from "./notice";

export function summary(message: Message): string {
  if (message.kind === "notice") {
    return noticeWords(message);
  }
  if (message.deleted === true) {
    return t().message.deleted;
  }
  const said = oneLine(message.text) || message.poll?.question;
  if (said) {
    return said;
  }
  if (message.location !== undefined) {
    return message.location.name ? `${t().message.location}: ${message.location.name}` : t().message.location;
  }
  const file = message.files[0];
  if (file === undefined) {
    return "";
  }
  if (message.files.length > 1) {
    return t().file.several(f(), message.files.length);
  }
  return file.kind === "voice" ? t().file.voice : file.type.startsWith("image/") ? t().file.image : safeName(file.name);
}
