// SPDX-License-Identifier: EUPL-1.2
// An honest guess at how hard a passphrase is to guess. It knows no list of words, so it counts what can be counted:
// kinds of characters, repetition, sequences, and whole words as a guesser would.

export const MIN_LENGTH = 8;

export type Strength = "tooShort" | "weak" | "fair" | "good" | "strong";

const WORD_BITS = 12; // a word that people choose, out of some thousands
const COMMON = /^(passwor[dt]|passphrase|qwert[yz]|abc|geheim|hallo|weibel|test|admin|willkommen|secret|bonjour|ciao|schweiz|suisse)/i;

/** Bits of work for a guesser who knows how people choose. */
export function bitsOf(passphrase: string): number {
  const words = passphrase.trim().split(/[\s\-_.,+]+/).filter((word) => word.length > 0);
  const distinct = new Set(words.map((word) => word.toLowerCase()));
  let bits = 0;
  for (const word of distinct) {
    bits += wordBits(word);
  }
  return bits;
}

function wordBits(word: string): number {
  if (COMMON.test(word)) {
    return 4 + Math.max(0, word.length - 9);
  }
  if (/^\p{Ll}+$/u.test(word.slice(1).toLowerCase()) && word.length >= 3) {
    // Letters alone: a word most likely. Long ones may be two.
    return Math.min(WORD_BITS + Math.max(0, word.length - 8) * 1.5, word.length * 3.2);
  }
  const kinds = [/\p{Ll}/u, /\p{Lu}/u, /\p{N}/u, /[^\p{L}\p{N}]/u].filter((kind) => kind.test(word)).length;
  const each = [3.2, 3.2, 4, 4.8, 5.4][kinds] ?? 3.2;
  let counted = 0;
  for (let i = 0; i < word.length; i++) {
    const step = i === 0 ? NaN : word.charCodeAt(i) - word.charCodeAt(i - 1);
    // A repeated or counted-on character adds little.
    counted += Math.abs(step) <= 1 ? 0.25 : 1;
  }
  return counted * each;
}

export function strengthOf(passphrase: string): Strength {
  if ([...passphrase].length < MIN_LENGTH) {
    return "tooShort";
  }
  const bits = bitsOf(passphrase);
  return bits < 28 ? "weak" : bits < 42 ? "fair" : bits < 56 ? "good" : "strong";
}
