// SPDX-License-Identifier: EUPL-1.2
// Names of files that others have chosen: shown and saved in the same, harmless form.

const LONGEST = 200;
const LONGEST_SENT = 255; // bytes (WEIBEL_MAX_FILE_NAME)
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

/** As a file is sent: short enough for the core, and with its ending. */
export function shortName(name: string): string {
  const ending = ENDING.exec(name)?.[0] ?? "";
  let stem = name.slice(0, name.length - ending.length);
  while (new TextEncoder().encode(stem + ending).length > LONGEST_SENT) {
    stem = stem.slice(0, Math.min(stem.length - 1, LONGEST_SENT));
  }
  return (stem + ending).toWellFormed();
}

/** Made harmless for this machine's folders. */
export function safeName(name: string): string {
  const { stem, ending } = nameParts(name);
  return stem + ending;
}
