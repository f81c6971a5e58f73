// SPDX-License-Identifier: EUPL-1.2
// Account IDs: eight characters of Crockford's base32, the last one a check character (docs/protocol.md).

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH = 8;

/** The ID as it is shown ("7K2M-9QXA"), or null if the text has not the form of one. */
export function readId(text: string): string | null {
  const plain = text
    .trim()
    .toUpperCase()
    .replaceAll(/[-\s]/g, "")
    .replaceAll("O", "0")
    .replaceAll(/[IL]/g, "1");
  if (plain.length !== LENGTH || ![...plain].every((letter) => ALPHABET.includes(letter))) {
    return null;
  }
  return `${plain.slice(0, 4)}-${plain.slice(4)}`;
}

/** True if its check character is right: a mistyped one is not (wire/src/id.c). */
export function isValidId(id: string): boolean {
  let sum = 0;
  const letters = [...id.replace("-", "")];
  letters.forEach((letter, place) => {
    sum ^= ALPHABET.indexOf(letter);
    if (place !== LENGTH - 1) {
      sum <<= 1;
      sum ^= sum >> 5 !== 0 ? 0x25 : 0;
    }
  });
  return letters.length === LENGTH && sum === 0;
}

/** What people write under a picture: a hue for each ID, the same for all who see it. */
export function hueOf(text: string): number {
  let hash = 7;
  for (const letter of text) {
    hash = (hash * 31 + letter.codePointAt(0)!) % 360;
  }
  return hash;
}

/** One or two letters for where a picture would be. */
export function initials(name: string): string {
  const segments = [...new Intl.Segmenter().segment(name.trim())].map((part) => part.segment);
  if (/^[0-9A-Z]{4}-[0-9A-Z]{4}$/.test(name)) {
    return segments.slice(0, 2).join("");
  }
  const words = name.trim().split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word));
  const first = (word: string | undefined): string =>
    [...new Intl.Segmenter().segment(word ?? "")].find((part) => /[\p{L}\p{N}]/u.test(part.segment))?.segment ?? "";
  return (first(words[0]) + (words.length > 1 ? first(words.at(-1)) : "")).toUpperCase();
}
