// SPDX-License-Identifier: EUPL-1.2
// Runs a WASI program under Node: node tools/wasi.mjs PROGRAM.wasm [ARGUMENT]...
// It sees the folders of the arguments that are files, and nothing else of the machine.
import { readFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import process from "node:process";

process.removeAllListeners("warning"); // node:wasi says at each start that it is experimental
const { WASI } = await import("node:wasi");

const [program, ...words] = process.argv.slice(2);
const args = words.map((word) => (existsSync(word) ? resolve(word) : word));
const preopens = Object.fromEntries(args.filter((word) => existsSync(word)).map((file) => [dirname(file), dirname(file)]));
const wasi = new WASI({ version: "preview1", args: [program, ...args], env: {}, preopens, returnOnExit: true });
const module = await WebAssembly.compile(await readFile(program));
const instance = await WebAssembly.instantiate(module, { wasi_snapshot_preview1: wasi.wasiImport });
process.exitCode = wasi.start(instance);
