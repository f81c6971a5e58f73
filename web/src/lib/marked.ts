// SPDX-License-Identifier: EUPL-1.2
// A message around the first word that was looked for, with all of these words marked.
import { plainOf } from "./plain";

const CONTEXT = 24; // characters before the first hit
const MOST_LOOKED_AT = 4000; // characters
const MOST_PIECES = 80; // words, and what stands between them: more than a line

export function marked(text: string, wanted: string): { text: string; hit: boolean }[] {
  const words = wanted.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== "");
  const pieces = text.slice(0, MOST_LOOKED_AT).split(/([\p{L}\p{N}]+)/u).map((piece) => ({
    text: piece,
    hit: words.some((word) => plainOf(piece).startsWith(plainOf(word))),
  }));
  const first = pieces.findIndex(({ hit }) => hit);
  const before = pieces.slice(0, Math.max(first, 0)).map((piece) => piece.text).join("");
  const start = before.length > 2 * CONTEXT ? `…${before.slice(-CONTEXT)}` : before;
  return [{ text: start, hit: false }, ...pieces.slice(Math.max(first, 0)).slice(0, MOST_PIECES)];
}
