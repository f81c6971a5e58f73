// SPDX-License-Identifier: EUPL-1.2
// Names of files that others have chosen: shown and saved in the same, harmless form.

const LONGEST = 200;
const ENDING = /\.[^.]{1,32}$/u;

/** Its stem, and its ending: what it is opened with stands there, so it is neither cut off nor turned around. */
export function nameParts(name: string): { stem: string; ending: string } {
  const safe = name
    .replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029/\\:*?"<>|]/gu, "_")
    .replaceAll(/\s+/gu, " ")
    .replace(/^[.\s]+|[.\s]+$/g, "");
  const ending = ENDING.exec(safe)?.[0] ?? "";
  const stem = safe.slice(0, safe.length - ending.length).slice(0, LONGEST - ending.length).toWellFormed();
  return stem === "" ? { stem: "file", ending } : { stem, ending };
}

/** Made harmless for this machine's folders. */
export function safeName(name: string): string {
  const { stem, ending } = nameParts(name);
  return stem + ending;
}
