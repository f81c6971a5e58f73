// SPDX-License-Identifier: EUPL-1.2
// Files of messages: fetched into the origin's private files, shown from there, and forgotten when the tab is locked.
import { safeName } from "../lib/filename";
import { isBearable } from "../lib/pixels";
import { RpcError, type FileInfo, type Message, type TransferEvent } from "../rpc";
import { app, SAVED } from "./app.svelte";
import { discard, fetched } from "./fetched";

const MOST_EARLY = 64;
const HANDED_FOR = 60_000; // milliseconds
const COPIED_AT_LEAST = 10_000; // bytes a millisecond
const MOST_IMAGES = 60; // that are kept at hand
/** Pictures up to this size are shown without being asked for. */
export const SHOWN_AT_ONCE = 8 << 20;

/** Kinds of pictures that browsers draw and that hold no program (an SVG may). */
const DRAWN = ["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"];

export function isPicture(type: string): boolean {
  return DRAWN.includes(type);
}

interface Waiting {
  resolve(): void;
  reject(error: RpcError): void;
}

const waiting = new Map<number, Waiting>();
/** Ends that came before it was known whose they are. */
const early = new Map<number, TransferEvent>();
/** Files that the browser is copying into its downloads. */
const handed = new Set<string>();
const images = new Map<string, Promise<string>>();

/** Says to the other tabs that a file was handed over in this one: there it isn't ready to be saved any more. */
const channel = new BroadcastChannel("weibel-files");
channel.onmessage = (event: MessageEvent<number>) => app.handedOver(event.data);

app.rpc.on("transfer", (event) => {
  if (event.kind !== "upload") {
    const who = waiting.get(event.transfer);
    if (who !== undefined) {
      settle(who, event);
    } else if (event.state === "done" || event.state === "failed") {
      early.set(event.transfer, event);
      if (early.size > MOST_EARLY) {
        early.delete(early.keys().next().value!);
      }
    }
  }
});
app.rpc.on("locked", forgetAll);
app.rpc.on("failed", forgetAll);
app.rpc.on("ready", () => {
  // Downloads go on under the new core; the end of one may have been told to nobody.
  for (const [transfer, who] of waiting) {
    waiting.delete(transfer);
    who.reject(new RpcError({ code: 2, message: "interrupted", data: { name: "interrupted" } }));
  }
});
// A tab that goes leaves nothing readable, as far as it has the time.
addEventListener("pagehide", () => {
  for (const name of handed) {
    void discard(name);
  }
});

function settle(who: Waiting, event: TransferEvent): void {
  if (event.state === "running" || event.state === "paused") {
    return;
  }
  waiting.delete(event.transfer);
  if (event.state === "done") {
    who.resolve();
  } else {
    who.reject(new RpcError(event.error ?? { code: 5, message: "", data: { name: "file" } }));
  }
}

function forgetAll(): void {
  for (const image of images.values()) {
    void image.then(URL.revokeObjectURL).catch(() => {});
  }
  images.clear();
  waiting.clear();
  early.clear();
}

/** Fetches a file of a message. It lies on the disk: its size doesn't matter for memory. */
async function fetchFile(message: Message, index: number, path: string): Promise<File> {
  const { transfer, size } = await app.rpc.call("save", { message: message.id, file: index, path });
  const key = `${message.id}:${index}`;
  if (path.startsWith(SAVED) && !app.transfers.has(key) && !early.has(transfer)) {
    app.transfers.set(key, { transfer, kind: "download", state: "running", done: 0, size, path, message: message.id, file: index });
  }
  return arrived(transfer, path);
}

/** Fetches it, if it isn't there yet, and hands it to the browser's downloads. */
export async function saveFile(message: Message, index: number): Promise<void> {
  const key = `${message.id}:${index}`;
  const known = app.transfers.get(key);
  const { name } = message.files[index]!;
  const path = known?.state === "done" ? known.path! : `${SAVED}${message.id}-${index}-${crypto.randomUUID().slice(0, 8)}`;
  let file = known?.state === "done" ? await (await fetched()).getFileHandle(path).then((handle) => handle.getFile(), () => null) : null;
  file ??= await fetchFile(message, index, path);
  const transfer = app.transfers.get(key)?.transfer;
  app.transfers.delete(key);
  if (transfer !== undefined) {
    channel.postMessage(transfer);
  }
  handOver(file, name);
}

/** As with the transfer of a message's file. */
export async function setTransfer(transfer: TransferEvent, state: "running" | "paused" | "given_up"): Promise<void> {
  await app.rpc.call("transfer.set", { transfer: transfer.transfer, state });
  if (state === "given_up") {
    await discard(`${transfer.path}.part`);
  }
}

/** A backup, written and whole. */
export async function saveBackup(passphrase: string, history: boolean, name: string): Promise<void> {
  const path = `backup-${crypto.randomUUID().slice(0, 8)}`;
  const { transfer } = await app.rpc.call("backup", { path, passphrase, history });
  handOver(await arrived(transfer, path), name);
}

async function arrived(transfer: number, path: string): Promise<File> {
  await new Promise<void>((resolve, reject) => {
    const who: Waiting = { resolve, reject };
    waiting.set(transfer, who);
    const event = early.get(transfer);
    if (event !== undefined) {
      early.delete(transfer);
      settle(who, event);
    }
  });
  return (await (await fetched()).getFileHandle(path)).getFile();
}

const HEARD = ["audio/webm", "audio/ogg", "audio/mp4", "audio/mpeg", "audio/aac", "audio/wav"];

/** True for a voice message that browsers can play. */
export function isVoice(file: FileInfo): boolean {
  return file.kind === "voice" && HEARD.includes(file.type) && file.size <= SHOWN_AT_ONCE;
}

/** It would be drawn larger than a tab can bear. */
export class TooHeavy extends Error {}

/** An address that shows the picture or plays the voice, in this tab and until it is locked. */
export function mediaUrl(message: Message, index: number): Promise<string> {
  const key = `${message.id}:${index}`;
  const known = images.get(key);
  if (known !== undefined) {
    return known;
  }
  const made = (async () => {
    const file = await fetchFile(message, index, `view-${message.id}-${index}-${crypto.randomUUID().slice(0, 8)}`);
    // In memory from now on: nothing readable is left on the disk.
    const bytes = new Uint8Array(await file.arrayBuffer());
    await discard(file.name);
    const { type } = message.files[index]!;
    if (isPicture(type) && !isBearable(bytes)) {
      throw new TooHeavy();
    }
    return URL.createObjectURL(new Blob([bytes], { type }));
  })();
  images.set(key, made);
  made.catch(() => images.delete(key));
  if (images.size > MOST_IMAGES) {
    const [oldest, url] = images.entries().next().value!;
    images.delete(oldest);
    void url.then(URL.revokeObjectURL).catch(() => {});
  }
  return made;
}

/** Hands the file to the browser's downloads, as a kind that is never opened in the page. */
export function saveAs(file: File, name: string, copied?: () => void): void {
  const url = URL.createObjectURL(file.slice(0, file.size, "application/octet-stream"));
  const link = document.createElement("a");
  link.href = url;
  link.download = safeName(name);
  link.click();
  // The browser does not say when it has the file: it is given the time that a slow disk takes.
  setTimeout(() => {
    URL.revokeObjectURL(url);
    copied?.();
  }, HANDED_FOR + file.size / COPIED_AT_LEAST);
}

/** Likewise one that was fetched; it does not stay here. */
function handOver(file: File, name: string): void {
  handed.add(file.name);
  saveAs(file, name, () => {
    handed.delete(file.name);
    void discard(file.name);
  });
}
