// SPDX-License-Identifier: EUPL-1.2
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import subsetFont from "subset-font";
import { defineConfig, type Plugin } from "vite";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const wasm = process.env["WEIBEL_WASM"] ?? here("../build/wasm/weibel.wasm");

const LATEST_EMOJI = 15; // version of Unicode: of 2022, so that what people have shows them

const INTER = "@fontsource-variable/inter/files/inter-NAME-wght-normal.woff2";
const WEIGHTS = { min: 400, max: 700, default: 400 }; // none of ours lies outside: see src/styles/tokens.css
// What browsers do by themselves, and figures of one width.
const FEATURES = ["calt", "ccmp", "clig", "kern", "liga", "locl", "mark", "mkmk", "rlig", "rvrn", "tnum"];

/** The letters that the client is written in: with marks, for names of files from systems that write é as e and a mark. */
const WRITTEN = `${JSON.parse(readFileSync(here("node_modules/@fontsource-variable/inter/unicode.json"), "utf8")).latin},U+0300-0301,U+0303,U+0309,U+0323`;
/** Those of people's names besides, from Ā to ț: src/styles/tokens.css says the same. */
const NAMES = "U+0100-017F,U+0218-021B";

/** A file of Inter without what the client never shows of it: of the first one that is a third. */
async function letters(name: string, ranges: string): Promise<{ find: string; replacement: string }> {
  const text = ranges.split(",").flatMap((range) => {
    const [first, last = first] = range.slice("U+".length).split("-").map((digits) => parseInt(digits, 16)) as [number, number?];
    return Array.from({ length: last - first + 1 }, (_, i) => String.fromCodePoint(first + i));
  });
  const find = INTER.replace("NAME", name);
  const whole = readFileSync(here(`node_modules/${find}`));
  const used = await subsetFont(whole, text.join(""), { targetFormat: "woff2", variationAxes: { wght: WEIGHTS }, keepFeatures: FEATURES });
  const folder = here("node_modules/.weibel/");
  mkdirSync(folder, { recursive: true });
  const replacement = `${folder}${name}-letters.woff2`;
  writeFileSync(replacement, used);
  return { find, replacement };
}

/** Emoji in the order of Unicode, with their names: `emoji:de` and so on, as src/lib/emoji.ts reads them. */
function emoji(): Plugin {
  const read = (language: string, name: string) =>
    JSON.parse(readFileSync(here(`node_modules/emojibase-data/${language}/${name}.json`), "utf8"));
  // A selector stands where Unicode has one, and nowhere else: two forms would be two reactions.
  const proper = (text: string): string => {
    const bare = text.replaceAll("\ufe0f", "");
    return /^\p{RGI_Emoji}$/v.test(bare) ? bare : text;
  };
  const swiss = (text: string): string => text.replaceAll("ß", "ss");
  return {
    name: "weibel-emoji",
    resolveId: (id) => (/^emoji:\w\w$/.test(id) ? `\0${id}` : undefined),
    load(id) {
      const language = /^\0emoji:(\w\w)$/.exec(id)?.[1];
      if (language === undefined) {
        return undefined;
      }
      const all: { emoji: string; label: string; tags?: string[]; group?: number; order?: number; version: number }[] = read(language, "data");
      const groups: { key: string; message: string; order: number }[] = read(language, "messages").groups;
      const lines = (group: number): string =>
        all
          .filter((one) => one.group === group && one.version <= LATEST_EMOJI)
          .sort((a, b) => a.order! - b.order!)
          .map(({ emoji, label, tags = [] }) => {
            const further = new Set(tags.flatMap((tag) => tag.split(" ")).filter((word) => !label.split(" ").includes(word)));
            return swiss(`${proper(emoji)} ${label}|${[...further].join(" ")}`);
          })
          .join("\n");
      const list = groups
        .filter(({ key }) => key !== "component")
        .map(({ message, order }) => [swiss(message.replace(/^./u, (letter) => letter.toUpperCase())), lines(order)]);
      return `export default ${JSON.stringify(list)}`;
    },
  };
}

/** Tells the service worker which files it keeps for times without a network: not emoji, of which few want all languages. */
function listFiles(): Plugin {
  return {
    name: "weibel-list-files",
    generateBundle: {
      order: "post",
      handler(_options, bundle) {
        const files = Object.keys(bundle)
          .filter((name) => /^assets\/(?!emoji-)/.test(name))
          .sort();
        const worker = bundle["sw.js"];
        if (worker?.type !== "chunk") {
          throw new Error("there is no service worker");
        }
        // Its version is that of all files: one changed byte makes a new one.
        const version = createHash("sha256");
        for (const name of [...files, "index.html"]) {
          const file = bundle[name]!;
          version.update(name).update(file.type === "chunk" ? file.code : file.source);
        }
        worker.code = worker.code
          .replace(/["'`]__FILES__["'`]/, JSON.stringify(files.map((name) => `/${name}`)))
          .replace("__VERSION__", version.digest("hex").slice(0, 16));
      },
    },
  };
}

/** Has the browser fetch what the first screen needs at once, instead of one after the other. */
function preload(): Plugin {
  return {
    name: "weibel-preload",
    transformIndexHtml: {
      order: "post",
      handler(_html, { bundle }) {
        return Object.keys(bundle ?? {})
          .filter((name) => /assets\/(weibel-.*\.wasm|worker-.*\.js)$/.test(name))
          .map((name) => ({
            tag: "link",
            attrs: name.endsWith(".wasm")
              ? { rel: "preload", as: "fetch", type: "application/wasm", crossorigin: "anonymous", href: `/${name}` }
              : { rel: "modulepreload", as: "worker", href: `/${name}` },
            injectTo: "head" as const,
          }));
      },
    },
  };
}

export default defineConfig({
  root: here("."),
  publicDir: here("public"),
  plugins: [svelte({ configFile: here("svelte.config.js") }), emoji(), listFiles(), preload()],
  resolve: {
    alias: [
      { find: /^weibel\.wasm/, replacement: wasm },
      await letters("latin", WRITTEN),
      await letters("latin-ext", NAMES),
      { find: /^\.\.\/Icon\.svelte$/, replacement: here("src/ui/Icon.svelte") }, // Lucide's own, from within its icons
    ],
  },
  worker: { format: "es" },
  build: {
    outDir: process.env["WEIBEL_WEB"] ?? here("../build/web"),
    emptyOutDir: true,
    assetsInlineLimit: 0,
    cssCodeSplit: false, // a part whose style alone did not come would stay without it
    modulePreload: { polyfill: false },
    target: "es2024",
    rolldownOptions: {
      input: { index: here("index.html"), sw: here("src/sw.ts") },
      output: {
        chunkFileNames: ({ facadeModuleId }) => {
          const language = /^\0emoji:(\w\w)$/.exec(facadeModuleId ?? "")?.[1];
          return `assets/${language === undefined ? "[name]" : `emoji-${language}`}-[hash].js`;
        },
        entryFileNames: (chunk) => (chunk.name === "sw" ? "sw.js" : "assets/[name]-[hash].js"),
      },
    },
  },
});
