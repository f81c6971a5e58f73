// SPDX-License-Identifier: EUPL-1.2
// Completes a built client: compressed forms of its files, and the list of their hashes: node web/finish.mjs FOLDER
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import process from "node:process";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const folder = process.argv[2];
const COMPRESSIBLE = /\.(html|js|css|wasm|svg|json|webmanifest)$/;

const files = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => relative(folder, join(entry.parentPath ?? entry.path, entry.name)))
  .sort();

const hashes = {};
for (const name of files) {
  hashes[`/${name}`] = createHash("sha256").update(readFileSync(join(folder, name))).digest("hex");
}
const about = { format: 1, hash: "sha256", files: hashes };
mkdirSync(join(folder, ".well-known"), { recursive: true });
writeFileSync(join(folder, ".well-known", "weibel-build.json"), `${JSON.stringify(about, null, 2)}\n`);

// What a browser fetches before it is ready: what the page names, however it is cut into parts, and the letters.
const page = readFileSync(join(folder, "index.html"), "utf8");
let first = 0; // bytes
for (const name of [...files, ".well-known/weibel-build.json"]) {
  const data = readFileSync(join(folder, name));
  let smallest = data.length;
  if (COMPRESSIBLE.test(name)) {
    const brotli = brotliCompressSync(data, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
        [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
        // Tried: what is loaded first is smallest with these two.
        [constants.BROTLI_PARAM_LGBLOCK]: constants.BROTLI_MAX_INPUT_BLOCK_BITS,
        [constants.BROTLI_PARAM_NDIRECT]: 12,
        [constants.BROTLI_PARAM_SIZE_HINT]: data.length,
      },
    });
    const gzip = gzipSync(data, { level: 9 });
    gzip[9] = 255; // the system it was made on: unknown
    for (const [form, suffix] of [
      [brotli, ".br"],
      [gzip, ".gz"],
    ]) {
      if (form.length < data.length) {
        writeFileSync(join(folder, name + suffix), form);
      }
    }
    smallest = Math.min(smallest, brotli.length);
  }
  if (name === "index.html" || /^assets\/latin-letters-/.test(name) || (name.startsWith("assets/") && page.includes(`"/${name}"`))) {
    first += smallest;
  }
}
console.log(`first load: ${first} bytes compressed`);
