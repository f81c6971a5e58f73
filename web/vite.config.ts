// SPDX-License-Identifier: EUPL-1.2
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig, type Plugin } from "vite";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const wasm = process.env["WEIBEL_WASM"] ?? here("../build/wasm/weibel.wasm");

/** Tells the service worker which files it keeps for times without a network. */
function listFiles(): Plugin {
  return {
    name: "weibel-list-files",
    generateBundle: {
      order: "post",
      handler(_options, bundle) {
        const files = Object.keys(bundle)
          .filter((name) => name.startsWith("assets/"))
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
  plugins: [svelte({ configFile: here("svelte.config.js") }), listFiles(), preload()],
  resolve: {
    alias: [
      { find: /^weibel\.wasm/, replacement: wasm },
      { find: /^\.\.\/Icon\.svelte$/, replacement: here("src/ui/Icon.svelte") }, // Lucide's own, from within its icons
    ],
  },
  worker: { format: "es" },
  build: {
    outDir: process.env["WEIBEL_WEB"] ?? here("../build/web"),
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2024",
    rolldownOptions: {
      input: { index: here("index.html"), sw: here("src/sw.ts") },
      output: { entryFileNames: (chunk) => (chunk.name === "sw" ? "sw.js" : "assets/[name]-[hash].js") },
    },
  },
});
