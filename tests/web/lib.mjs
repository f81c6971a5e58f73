// SPDX-License-Identifier: EUPL-1.2
// The small parts of the browser client (web/src/lib), each alone, outside of a browser: node tests/web/lib.mjs
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const web = resolve(dirname(fileURLToPath(import.meta.url)), "../../web");
const MOST_TEXT = 64 << 10; // bytes of a message (WEIBEL_MAX_TEXT)

/** All text of a tree, so that nothing gets lost on the way into it. */
function textOf(node) {
  if (Array.isArray(node)) return node.map(textOf).join("");
  return node.text ?? textOf(node.inside ?? node.items);
}

async function testLibrary() {
  const { createServer } = await import(pathToFileURL(createRequire(join(web, "package.json")).resolve("vite")));
  const vite = await createServer({ root: web, configFile: false, logLevel: "error", server: { middlewareMode: true, hmr: false, ws: false }, optimizeDeps: { noDiscovery: true } });
  try {
    markdown(await vite.ssrLoadModule("/src/lib/markdown.ts"));
    emoji(await vite.ssrLoadModule("/src/lib/emoji.ts"));
    id(await vite.ssrLoadModule("/src/lib/id.ts"));
    code(await vite.ssrLoadModule("/src/lib/code.ts"));
    filename(await vite.ssrLoadModule("/src/lib/filename.ts"));
    pixels(await vite.ssrLoadModule("/src/lib/pixels.ts"));
    strength(await vite.ssrLoadModule("/src/lib/strength.ts"));
    stretch(await vite.ssrLoadModule("/src/core/stretch.ts"));
  } finally {
    await vite.close();
  }
}

function emoji({ groupsOf, findEmoji }) {
  const groups = groupsOf([
    ["Smileys", "😀 grinsendes Gesicht|froh lachen\n😍 lächelndes Gesicht mit herzförmigen Augen|liebe"],
    ["Symbole", "❤️ rotes Herz|liebe\n👁️‍🗨️ Auge in Sprechblase|zeuge"],
  ]);
  const found = (query) => findEmoji(groups, query).map((one) => one.emoji).join(" ");
  assert.deepEqual(groups.map((group) => group.name), ["Smileys", "Symbole"]);
  assert.equal(groups[1].all[1].name, "Auge in Sprechblase");
  assert.equal(found("LACHEL"), "😍");
  assert.equal(found("gesicht lieb"), "😍");
  assert.equal(found("herz"), "😍 ❤️");
  assert.equal(found("lieb"), "😍 ❤️");
  assert.equal(found("auge"), "😍 👁️‍🗨️");
  for (const nothing of ["", "  ", "-", "erz", "x"]) assert.equal(found(nothing), "");
  assert.equal(findEmoji(groupsOf([["a", "🧡 oranges|herz\n❤️ rotes herz|"]]), "herz").map((one) => one.emoji).join(" "), "❤️ 🧡"); // by its name first
}

function markdown({ blocks, inline, isEmojiOnly, oneLine, plain }) {
  const text = (words) => ({ kind: "text", text: words });
  const link = (href, words = href) => ({ kind: "link", href, text: words });

  // Links end before the punctuation of their sentence; what opens no page is text.
  assert.deepEqual(plain("(siehe https://example.org/a_(b)), ja"), [text("(siehe "), link("https://example.org/a_(b)"), text("), ja")]);
  assert.deepEqual(plain("https://example.org/a_(b))])."), [link("https://example.org/a_(b)"), text(")]).")]);
  assert.deepEqual(plain("https://example.org/x?y=1."), [link("https://example.org/x?y=1"), text(".")]);
  assert.deepEqual(plain("mailto:anna@example.org"), [link("mailto:anna@example.org")]);
  for (const harmless of ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "https://", "ftp://example.org"]) {
    assert.ok(plain(harmless).every(({ kind }) => kind === "text"), harmless);
  }
  assert.equal(plain("https://example.org/\u202etxt.exe")[0].text, "https://example.org/");
  assert.deepEqual(plain("@7K2M-9QXA: ja"), [{ kind: "mention", id: "7K2M-9QXA", text: "@7K2M-9QXA" }, text(": ja")]);
  assert.deepEqual(plain("@7K2M-9QXAB"), [text("@7K2M-9QXAB")]);

  assert.deepEqual(inline("**fett** und _schräg_"), [{ kind: "strong", inside: [text("fett")] }, text(" und "), { kind: "em", inside: [text("schräg")] }]);
  assert.deepEqual(inline("a_b_c 2*3*4 ** x **"), [text("a_b_c 2*3*4 ** x **")]);
  assert.deepEqual(inline("`<b>` \\*kein\\*"), [{ kind: "code", text: "<b>" }, text(" "), text("*"), text("kein"), text("*")]);
  assert.deepEqual(inline("https://example.org/_a_b_"), [link("https://example.org/_a_b_")]);

  assert.deepEqual(blocks("a\n\n> b\n> > c\n\n1. d\n2. e\n```\n<x>\n```").map(({ kind }) => kind), ["paragraph", "quote", "list", "code"]);
  assert.deepEqual(blocks("```\nohne Ende").map(({ kind }) => kind), ["paragraph"]);

  // The longest message of marks that open and never close, or close at once: the stack holds, and eight times the text takes
  // about eight times as long, not sixty-four.
  const EIGHTH = 8, MOST_RATIO = 32, LEAST_MS = 4, TRIES = 3;
  const fastest = (text) => Math.min(...Array.from({ length: TRIES }, () => {
    const begin = process.cpuUsage();
    blocks(text);
    const { user, system } = process.cpuUsage(begin);
    return (user + system) / 1000;
  }));
  for (const part of ["`a` ", "*a* ", "\\*", "**a", "```\n", "```x\n", "> ", ">\n", "- a\n", "https://a.b ", "@7K2M-9QXA ", "_a", "*_~~`", ").", "]"]) {
    const long = (/^[)\]]/.test(part) ? "https://a.b" : "") + part.repeat(MOST_TEXT / part.length);
    const tree = blocks(long);
    const ratio = fastest(long) / Math.max(fastest(long.slice(0, long.length / EIGHTH)), LEAST_MS);
    assert.ok(ratio < MOST_RATIO, `${JSON.stringify(part)} takes ${ratio} times as long`);
    assert.ok(part.includes("\n") || part === "> " || textOf(tree).length > 0);
  }

  assert.equal(oneLine(" a\n\tb  c "), "a b c");
  for (const [words, alone] of [["👍", true], ["👨‍👩‍👧 🇨🇭", true], ["👍 ja", false], ["", false], ["1", false], ["👍".repeat(5), false]]) {
    assert.equal(isEmojiOnly(words), alone, words);
  }
}

function id({ hueOf, initials, isValidId, readId }) {
  assert.equal(readId(" 7k2m9qxa "), "7K2M-9QXA");
  assert.equal(readId("OIl0-0000"), "0110-0000");
  for (const none of ["", "7K2M-9QX", "7K2M-9QXAA", "7K2M-9QXU", "ÄK2M-9QXA"]) {
    assert.equal(readId(none), null, none);
  }
  // The check character finds each mistyped letter and each exchange of neighbours.
  const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  const valid = [...alphabet].map((last) => `7K2M-9QX${last}`).filter(isValidId);
  assert.equal(valid.length, 1);
  const letters = [...valid[0].replace("-", "")];
  const shown = (all) => `${all.slice(0, 4).join("")}-${all.slice(4).join("")}`;
  for (let at = 0; at < letters.length; at++) {
    for (const letter of alphabet) {
      assert.equal(isValidId(shown(letters.with(at, letter))), letter === letters[at]);
    }
    if (at > 0 && letters[at] !== letters[at - 1]) {
      assert.ok(!isValidId(shown(letters.with(at, letters[at - 1]).with(at - 1, letters[at]))));
    }
  }
  assert.deepEqual(["Anna Keller", "anna", "7K2M-9QXA", "", "👩‍🚀 Eva", "(Ben) von Arx"].map(initials), ["AK", "A", "7K", "", "E", "BA"]);
  assert.ok(hueOf("7K2M-9QXA") >= 0 && hueOf("7K2M-9QXA") < 360 && hueOf("a") === hueOf("a"));
}

function filename({ nameParts, safeName, shortName }) {
  for (const [name, wanted] of [
    ["plan.pdf", "plan.pdf"],
    ["x".repeat(300) + ".docx", "x".repeat(250) + ".docx"],
    ["ä".repeat(200), "ä".repeat(127)],
    ["a" + "\u{1f600}".repeat(100) + ".pdf", "a" + "\u{1f600}".repeat(62) + ".pdf"],
  ]) {
    assert.equal(shortName(name), wanted, name);
  }
  for (const [name, wanted] of [
    ["plan.pdf", "plan.pdf"],
    ["ann\u202efdp.exe", "ann_fdp.exe"],
    ["plan.pdf            .exe", "plan.pdf .exe"],
    ["plan.exe" + "x".repeat(300) + ".pdf", "plan.exe" + "x".repeat(188) + ".pdf"],
    ["x".repeat(196) + ".exe.pdf", "x".repeat(196) + ".pdf"],
    ["x".repeat(195) + "\u{1f600}.pdf", "x".repeat(195) + "\ufffd.pdf"],
    ["../../.ssh/id", "_.._.ssh_id"],
    [".bashrc", "bashrc"],
    ["a.", "a"],
    ["\u200e.exe", "_.exe"],
    ["  ", "file"],
    ["..", "file"],
  ]) {
    assert.equal(safeName(name), wanted, name);
  }
  assert.deepEqual(nameParts("plan.pdf.exe"), { stem: "plan.pdf", ending: ".exe" });
  assert.deepEqual(nameParts("plan"), { stem: "plan", ending: "" });
}

function pixels({ pixelsOf, isBearable, MOST_SMALL }) {
  const bytes = (...parts) => new Uint8Array(Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part, "latin1") : Buffer.from(part)))));
  const png = (...sizes) => bytes("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", sizes);
  const jpeg = (...sizes) => bytes([0xff, 0xd8, 0xff, 0xe0, 0, 4, 0, 0, 0xff, 0xff, 0xc2, 0, 8, 8], sizes, [3, 0xff, 0xda, 0, 8, 0xff, 0xc0, 0, 8, 8, 0xff, 0xff, 0xff, 0xff]);
  const webp = (kind, ...rest) => bytes("RIFF\0\0\0\0WEBP", kind, [0, 0, 0, 0], rest);
  for (const [picture, wanted] of [
    [png(0, 0, 1, 0, 0, 0, 2, 0), 256 * 512],
    [png(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), 0xffffffff ** 2],
    [bytes("GIF89a", [0, 1, 2, 0]), 256 * 2],
    [jpeg(1, 0, 2, 0), 256 * 512],
    [webp("VP8 ", 0, 0, 0, 0x9d, 1, 0x2a, 0, 0x41, 2, 0), 256 * 2],
    [webp("VP8L", 0x2f, 0xff, 0xff, 0xff, 0x0f), 16384 * 16384],
    [webp("VP8X", 0, 0, 0, 0, 0xff, 0, 0, 1, 0, 0), 256 * 2],
    [bytes([0, 0, 0, 32], "ftypavif", "ispe", [0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0], "ispe", [0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0]), 65536 * 65536],
    [bytes("BM", new Array(40).fill(1)), 0],
    [bytes("<svg/>"), 0],
  ]) {
    assert.equal(pixelsOf(picture), wanted);
    for (let end = 0; end < picture.length; end++) {
      assert.ok(pixelsOf(picture.subarray(0, end)) <= wanted);
    }
  }
  assert.ok(isBearable(png(0, 0, 4, 0, 0, 0, 4, 0), MOST_SMALL) && !isBearable(png(0, 0, 4, 0, 0, 0, 4, 1), MOST_SMALL));
  assert.ok(isBearable(png(0, 0, 0x20, 0, 0, 0, 0x20, 0)) && !isBearable(png(0, 0, 0x20, 0, 0, 0, 0x20, 1)) && !isBearable(bytes("BM")));
}

/** Of the QR codes of accounts; others, links among them, are those of nobody. */
function code({ readCode }) {
  const half = "0123456789".repeat(3);
  const anna = "TS2M-Z71A";
  for (const text of [`WEIBEL:1:${anna}/EXAMPLE.ORG:${half}`, ` weibel:1:${anna}/example.org:${half}${half}\n`]) {
    assert.deepEqual(readCode(text), { id: anna, domain: "example.org" });
  }
  for (const nobody of ["", "https://example.org/#activate=x", `WEIBEL:2:${anna}/EXAMPLE.ORG:${half}`, `WEIBEL:1:${anna}:${half}`, `WEIBEL:1:${anna}/EXAMPLE.ORG:${half}1`,
    `WEIBEL:1:${anna}/EXAMPLE.ORG:`, `WEIBEL:1:TS2M-Z71B/EXAMPLE.ORG:${half}`, `xWEIBEL:1:${anna}/EXAMPLE.ORG:${half}`]) {
    assert.equal(readCode(nobody), null, nobody);
  }
}

function strength({ strengthOf }) {
  for (const [passphrase, wanted] of [["kurz", "tooShort"], ["passwort", "weak"], ["aaaaaaaaaaaaaaaa", "weak"], ["abcdefgh12345678", "weak"],
    ["Test Test Test Test", "weak"], ["acorn bridge candle dew", "good"], ["acorn bridge candle meadow stone", "strong"], ["tK7#qW2!vR9$", "strong"]]) {
    assert.equal(strengthOf(passphrase), wanted, passphrase);
  }
}

/** A page that is isolated and has no memory to share: it is said so, and the core's worker does it itself. */
function stretch({ stretchElsewhere, SALT }) {
  const { SharedArrayBuffer: shared } = globalThis;
  try {
    globalThis.crossOriginIsolated = true;
    delete globalThis.SharedArrayBuffer;
    assert.equal(stretchElsewhere({ outLength: 32, passes: 1, memory: 8192 }, new Uint8Array(8), new Uint8Array(SALT), assert.fail), null);
  } finally {
    delete globalThis.crossOriginIsolated;
    globalThis.SharedArrayBuffer = shared;
  }
}

await testLibrary();
