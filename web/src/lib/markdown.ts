// SPDX-License-Identifier: EUPL-1.2
// Text to a tree of known nodes, which the screen shows as text nodes: no HTML is ever made from a string.

export type Inline =
  | { kind: "text"; text: string }
  | { kind: "strong" | "em" | "strike"; inside: Inline[] }
  | { kind: "code"; text: string }
  | { kind: "link"; href: string; text: string }
  | { kind: "mention"; id: string; text: string };

export type Block =
  | { kind: "paragraph"; inside: Inline[] }
  | { kind: "quote"; inside: Block[] }
  | { kind: "list"; ordered: boolean; start: number; items: Inline[][] }
  | { kind: "code"; text: string };

const MAX_DEPTH = 6; // of quotes in quotes, and of marks in marks
const LINK = /\b(?:https?:\/\/|mailto:)[^\s<>"'`\u2066-\u2069\u202a-\u202e]+/iu;
const MENTION = /@([0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4})(?![0-9A-Za-z])/u;
const FENCE_END = /^```\s*$/;
const MARKS: [string, "strong" | "em" | "strike"][] = [
  ["**", "strong"],
  ["__", "strong"],
  ["~~", "strike"],
  ["*", "em"],
  ["_", "em"],
];

/** A link ends before the punctuation that ends its sentence, and keeps a bracket only if it has opened one. */
function trimLink(text: string): string {
  const many = (letter: string): number => text.split(letter).length - 1;
  const surplus = { ")": many(")") - many("("), "]": many("]") - many("[") };
  for (let end = text.length; ; end--) {
    const last = text[end - 1] ?? "";
    if (last === ")" || last === "]") {
      if (surplus[last]-- <= 0) {
        return text.slice(0, end);
      }
    } else if (!/[.,;:!?»“”’'"…]/u.test(last)) {
      return text.slice(0, end);
    }
  }
}

/** Only addresses that open a page or a letter; anything else stays text. */
function safeHref(text: string): string | null {
  try {
    const url = new URL(text);
    return ["http:", "https:", "mailto:"].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/** The next match that begins at `from` or later: `last` itself, as long as that is one. Texts are long and may be hostile:
 * none is looked through twice. */
function onwards(pattern: RegExp, last: RegExpExecArray | null, text: string, from: number): RegExpExecArray | null {
  if (last === null || last.index >= from) {
    return last;
  }
  pattern.lastIndex = from;
  return pattern.exec(text);
}

/** Links and mentions, in text that has no marks (any more). */
export function plain(text: string): Inline[] {
  if (!/[:@]/.test(text)) {
    return text === "" ? [] : [{ kind: "text", text }]; // most pieces between marks: they need no patterns of their own
  }
  const found: Inline[] = [];
  const links = new RegExp(LINK, "giu");
  const mentions = new RegExp(MENTION, "gu");
  let link = links.exec(text);
  let mention = mentions.exec(text);
  let from = 0;
  for (;;) {
    link = onwards(links, link, text, from);
    mention = onwards(mentions, mention, text, from);
    const first = link !== null && (mention === null || link.index < mention.index) ? link : mention;
    if (first === null) {
      break;
    }
    const shown = first === link ? trimLink(first[0]) : first[0];
    const href = first === link ? safeHref(shown) : null;
    const end = first.index + Math.max(shown.length, 1);
    if (first.index > from) {
      found.push({ kind: "text", text: text.slice(from, first.index) });
    }
    if (first === mention) {
      found.push({ kind: "mention", id: first[1]!, text: shown });
    } else if (href !== null) {
      found.push({ kind: "link", href, text: shown });
    } else {
      found.push({ kind: "text", text: text.slice(first.index, end) });
    }
    from = end;
  }
  if (from < text.length) {
    found.push({ kind: "text", text: text.slice(from) });
  }
  return found;
}

export function inline(text: string, depth = 0): Inline[] {
  const found: Inline[] = [];
  const links = text.includes(":") ? new RegExp(LINK, "giu") : null;
  let link = links?.exec(text) ?? null;
  let from = 0; // what stands behind is not in `found` yet
  const take = (end: number, node: Inline, next: number): void => {
    found.push(...plain(text.slice(from, end)), node);
    from = next;
  };
  for (let at = 0; at < text.length && depth < MAX_DEPTH; at = Math.max(at + 1, from)) {
    link = links === null ? null : onwards(links, link, text, at);
    if (link?.index === at) {
      at += link[0].length - 1; // marks in an address are part of it
      continue;
    }
    if (text[at] === "\\" && /[*_~`\\]/.test(text[at + 1] ?? "")) {
      take(at, { kind: "text", text: text[at + 1]! }, at + 2);
      continue;
    }
    if (text[at] === "`") {
      const end = text.indexOf("`", at + 1);
      if (end > at + 1) {
        take(at, { kind: "code", text: text.slice(at + 1, end) }, end + 1);
        continue;
      }
    }
    for (const [mark, kind] of MARKS) {
      const inside = marked(text, at, mark, from);
      if (inside !== null) {
        take(at, { kind, inside: inline(inside, depth + 1) }, at + inside.length + 2 * mark.length);
        break;
      }
    }
  }
  return [...found, ...plain(text.slice(from))];
}

/** What stands between a mark and its like, or null. Marks stick to what they mark; _ and * within words are none. */
function marked(text: string, at: number, mark: string, from: number): string | null {
  if (!text.startsWith(mark, at) || (at > from && /[\p{L}\p{N}]/u.test(text[at - 1]!))) {
    return null;
  }
  const start = at + mark.length;
  const end = text.indexOf(mark, start + 1);
  if (end === -1 || /\s/.test(text[start] ?? " ") || /\s/.test(text[end - 1] ?? " ")) {
    return null;
  }
  return /[\p{L}\p{N}]/u.test(text[end + mark.length] ?? "") ? null : text.slice(start, end);
}

export function blocks(text: string, depth = 0): Block[] {
  const found: Block[] = [];
  const lines = text.replaceAll("\r\n", "\n").split("\n");
  let paragraph: string[] = [];
  const lastFence = lines.findLastIndex((line) => FENCE_END.test(line));
  const flush = (): void => {
    const joined = paragraph.join("\n").trim();
    if (joined !== "") {
      found.push({ kind: "paragraph", inside: inline(joined) });
    }
    paragraph = [];
  };
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i]!;
    const item = /^\s{0,3}(?:[-*+]|(\d{1,4})[.)])\s+(.*)$/.exec(line);
    if (i < lastFence && /^```/.test(line)) {
      const begin = i + 1;
      do {
        i++;
      } while (!FENCE_END.test(lines[i]!));
      flush();
      found.push({ kind: "code", text: lines.slice(begin, i).join("\n") });
      continue;
    }
    if (/^>\s?/.test(line) && depth < MAX_DEPTH) {
      flush();
      const quoted: string[] = [];
      for (; i < lines.length && /^>\s?/.test(lines[i]!); i++) {
        quoted.push(lines[i]!.replace(/^>\s?/, ""));
      }
      i--;
      found.push({ kind: "quote", inside: blocks(quoted.join("\n"), depth + 1) });
    } else if (item !== null) {
      flush();
      const ordered = item[1] !== undefined;
      const last = found.at(-1);
      if (last?.kind === "list" && last.ordered === ordered && lines[i - 1]?.trim() !== "") {
        last.items.push(inline(item[2]!));
      } else {
        found.push({ kind: "list", ordered, start: Number(item[1] ?? 1), items: [inline(item[2]!)] });
      }
    } else if (line.trim() === "") {
      flush();
    } else {
      paragraph.push(line);
    }
  }
  flush();
  return found;
}

/** One line for lists and notifications: the words without their marks. */
export function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim().slice(0, 200);
}

export function isOneEmoji(text: string): boolean {
  return /^\p{RGI_Emoji}$/v.test(text);
}

/** Emoji alone, a few of them: shown large. */
export function isEmojiOnly(text: string): boolean {
  const trimmed = text.trim();
  return trimmed.length > 0 && trimmed.length <= 24 && /^(?:\p{RGI_Emoji}\s*){1,4}$/v.test(trimmed);
}
