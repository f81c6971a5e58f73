// SPDX-License-Identifier: EUPL-1.2
// Emoji with their names, in groups, and how one is found. The lists are made by vite.config.ts, one for each language.
import { plainOf } from "./plain";

export interface Emoji {
  emoji: string;
  name: string;
  /** What it is found by: the words of its name, and others. */
  words: string[];
}

export interface EmojiGroup {
  name: string;
  all: Emoji[];
}

/** As a list has them: the name of a group, and a line for each emoji, "😀 name|further words". */
export function groupsOf(list: [name: string, lines: string][]): EmojiGroup[] {
  return list.map(([name, lines]) => ({
    name,
    all: lines.split("\n").map((line) => {
      const [, emoji, called, more] = /^(\S+) (.*)\|(.*)$/u.exec(line)!;
      const words = plainOf(`${called} ${more}`).split(/[^\p{L}\p{N}]+/u);
      return { emoji: emoji!, name: called!, words };
    }),
  }));
}

/** Those of which each word of the query begins a word; first those whose name does. */
export function findEmoji(groups: EmojiGroup[], query: string): Emoji[] {
  const wanted = plainOf(query).split(/[^\p{L}\p{N}]+/u).filter((word) => word !== "");
  const fits = (words: string[]): boolean => wanted.every((word) => words.some((other) => other.startsWith(word)));
  const found = wanted.length === 0 ? [] : groups.flatMap((group) => group.all.filter((one) => fits(one.words)));
  const named = new Set(found.filter((one) => fits(plainOf(one.name).split(/[^\p{L}\p{N}]+/u))));
  return [...named, ...found.filter((one) => !named.has(one))];
}
