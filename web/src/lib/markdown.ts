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
const MARKS: [string, "strong" | "em" | "strike"][] = [
  ["**", "strong"],
  ["__", "strong"],
  ["~~", "strike"],
  ["*", "em"],
  ["_", "em"],
];

/** A link ends before the punctuation that ends its sentence, and keeps a bracket only if it has opened one. */
function trimLink(text: string): string {
  let link = text;
  for (;;) {
    const last = link.at(-1) ?? "";
    const open = last === ")" ? "(" : last === "]" ? "[" : "";
    const unbalanced = open !== "" && link.split(last).length > link.split(open).length;
    if (!/[.,;:!?»“”’'"…]/u.test(last) && !unbalanced) {
      return link;
    }
    link = link.slice(0, -1);
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

/** Links and mentions, in text that has no marks (any more). */
export function plain(text: string): Inline[] {
  const found: Inline[] = [];
  let rest = text;
  while (rest !== "") {
    const link = LINK.exec(rest);
    const mention = MENTION.exec(rest);
    const first = link !== null && (mention === null || link.index < mention.index) ? link : mention;
    if (first === null) {
      break;
    }
    const shown = first === link ? trimLink(first[0]) : first[0];
    const href = first === link ? safeHref(shown) : null;
    const end = first.index + Math.max(shown.length, 1);
    if (first.index > 0) {
      found.push({ kind: "text", text: rest.slice(0, first.index) });
    }
    if (first === mention) {
      found.push({ kind: "mention", id: first[1]!, text: shown });
    } else if (href !== null) {
      found.push({ kind: "link", href, text: shown });
    } else {
      found.push({ kind: "text", text: rest.slice(first.index, end) });
    }
    rest = rest.slice(end);
  }
  if (rest !== "") {
    found.push({ kind: "text", text: rest });
  }
  return found;
}

export function inline(text: string, depth = 0): Inline[] {
  const link = LINK.exec(text);
  for (let at = 0; at < text.length && depth < MAX_DEPTH; at++) {
    if (link !== null && at >= link.index && at < link.index + link[0].length) {
      at = link.index + link[0].length - 1; // marks in an address are part of it
      if (at + 1 < text.length) {
        return [...plain(text.slice(0, at + 1)), ...inline(text.slice(at + 1), depth)];
      }
      break;
    }
    if (text[at] === "\\" && /[*_~`\\]/.test(text[at + 1] ?? "")) {
      return [...plain(text.slice(0, at)), { kind: "text", text: text[at + 1]! }, ...inline(text.slice(at + 2), depth)];
    }
    if (text[at] === "`") {
      const end = text.indexOf("`", at + 1);
      if (end > at + 1) {
        return [...plain(text.slice(0, at)), { kind: "code", text: text.slice(at + 1, end) }, ...inline(text.slice(end + 1), depth)];
      }
    }
    for (const [mark, kind] of MARKS) {
      const inside = marked(text, at, mark);
      if (inside !== null) {
        return [
          ...plain(text.slice(0, at)),
          { kind, inside: inline(inside, depth + 1) },
          ...inline(text.slice(at + inside.length + 2 * mark.length), depth),
        ];
      }
    }
  }
  return plain(text);
}

/** What stands between a mark and its like, or null. Marks stick to what they mark; _ and * within words are none. */
function marked(text: string, at: number, mark: string): string | null {
  if (!text.startsWith(mark, at) || /[\p{L}\p{N}]/u.test(text[at - 1] ?? "")) {
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
    if (/^```/.test(line)) {
      const end = lines.findIndex((other, at) => at > i && /^```\s*$/.test(other));
      if (end !== -1) {
        flush();
        found.push({ kind: "code", text: lines.slice(i + 1, end).join("\n") });
        i = end;
        continue;
      }
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

/** Emoji alone, a few of them: shown large. */
export function isEmojiOnly(text: string): boolean {
  const trimmed = text.trim();
  return trimmed.length > 0 && trimmed.length <= 24 && /^(?:\p{RGI_Emoji}\s*){1,4}$/v.test(trimmed);
}
