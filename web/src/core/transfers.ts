// SPDX-License-Identifier: EUPL-1.2
// Files on their way: sealed chunk by chunk into a spool, uploaded and downloaded in pieces, resumed where they stopped.
// No more than a chunk is in memory; spool and fetched files lie in the origin's private file system, a file that is being
// fetched as it comes: sealed. It is opened when it is whole, to be handed over at once.
import { DISK_FULL, FILE_LOST, PICTURE_DAMAGED } from "./messages";
import { CHUNK, CHUNK_SEALED, Failure, Step, type Bytes, type CoreModule, type Transfer } from "./module";

const MAX_RUNNING = 3; // at once; the others wait, in their order
const PROGRESS_EVERY = 500; // milliseconds
const PAUSE_EVERY = 64; // chunks that are opened at a stretch
const PIECE = 4 << 20; // bytes of one request's body: progress is told between them

/** Where the files are that paths name, and the spool. */
export interface TransferFiles {
  /** The file that a face has given under this path, or undefined if it is gone with its tab. */
  source(path: string): File | undefined;
  /** Not needed again. */
  forget(path: string): void;
  spool(): Promise<FileSystemDirectoryHandle>;
  fetched(): Promise<FileSystemDirectoryHandle>;
}

/** Ends a step: what the core is told. */
class StepFailed extends Error {
  constructor(
    readonly why: Failure,
    words: string,
  ) {
    super(words);
  }
}

interface Running {
  step: Transfer;
  abort: AbortController;
  running: boolean;
}

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

function failureOf(status: number): Failure {
  return [400, 401, 403, 404, 411, 413, 416].includes(status) ? Failure.Gone : Failure.Later;
}

/** An exclusive way to a file's bytes, as workers have it. */
async function access(file: FileSystemFileHandle): Promise<FileSystemSyncAccessHandle> {
  return file.createSyncAccessHandle();
}

function isFull(error: unknown): boolean {
  return error instanceof DOMException && error.name === "QuotaExceededError";
}

export class Transfers {
  private readonly list = new Map<bigint, Running>();
  private reported = new Map<bigint, number>();

  constructor(
    private readonly core: CoreModule,
    private readonly files: TransferFiles,
    private readonly input: (input: () => void) => void,
  ) {}

  close(): void {
    for (const running of this.list.values()) {
      running.abort.abort();
    }
    this.list.clear();
  }

  start(step: Transfer): void {
    this.cancel(step.transfer); // one that is under way still begins anew
    if (step.step === Step.Drop) {
      void this.dropSpool(step.transfer);
    } else if (step.step !== Step.Cancel) {
      this.list.set(step.transfer, { step, abort: new AbortController(), running: false });
      this.startWaiting();
    }
  }

  private cancel(transfer: bigint): void {
    const running = this.list.get(transfer);
    if (running !== undefined) {
      running.abort.abort();
      this.list.delete(transfer);
      this.startWaiting();
    }
  }

  private startWaiting(): void {
    let count = 0;
    for (const running of this.list.values()) {
      if (count === MAX_RUNNING) {
        return;
      }
      count++;
      if (!running.running) {
        running.running = true;
        // Later, so that the core is never called from within its own call.
        setTimeout(() => void this.run(running), 0);
      }
    }
  }

  private async run(running: Running): Promise<void> {
    const { step, abort } = running;
    let outcome: () => void;
    let read: (() => void) | undefined;
    try {
      if (step.step === Step.Seal) {
        await this.seal(step, abort.signal);
      } else if (step.step === Step.Upload) {
        await this.upload(step, abort.signal);
      } else if (step.step === Step.Write) {
        await this.write(step);
      } else if (step.step === Step.Read) {
        const data = await this.readPiece(step);
        read = () => this.core.transferData(step.transfer, data);
      } else {
        await this.download(step, abort.signal);
      }
      outcome = read ?? (() => this.core.transferDone(step.transfer));
    } catch (error) {
      const failure =
        error instanceof StepFailed
          ? error
          : new StepFailed(Failure.Local, isFull(error) ? DISK_FULL : "the file cannot be read or written");
      outcome = () => this.core.transferFailed(step.transfer, failure.why, failure.message);
    }
    step.key.fill(0);
    step.uploadKey.fill(0);
    if (this.list.get(step.transfer) === running) {
      this.list.delete(step.transfer);
      this.reported.delete(step.transfer);
      this.startWaiting();
      this.input(outcome);
    }
  }

  private progress(step: Transfer, done: number): void {
    const now = Date.now();
    if (Math.abs(now - (this.reported.get(step.transfer) ?? 0)) >= PROGRESS_EVERY) {
      this.reported.set(step.transfer, now);
      this.input(() => this.core.transferProgress(step.transfer, done));
    }
  }

  private async dropSpool(transfer: bigint): Promise<void> {
    try {
      await (await this.files.spool()).removeEntry(String(transfer));
    } catch {
      // There is none; or it is open still, and the next start clears it away.
    }
  }

  private async seal(step: Transfer, signal: AbortSignal): Promise<void> {
    const file = this.files.source(step.path);
    if (file === undefined) {
      throw new StepFailed(Failure.Local, FILE_LOST);
    }
    if (file.size !== Number(step.size)) {
      throw new StepFailed(Failure.Local, "the file has changed while it was read");
    }
    const sent = step.bare ? await this.bared(file) : file;
    const spool = await access(
      await (await this.files.spool()).getFileHandle(String(step.transfer), { create: true }),
    );
    try {
      spool.truncate(0);
      const chunks = this.core.chunks(step.size);
      for (let index = 0; index < chunks; index++) {
        const plain = new Uint8Array(await sent.slice(index * CHUNK, (index + 1) * CHUNK).arrayBuffer());
        signal.throwIfAborted();
        write(spool, this.core.seal(step.key, step.size, index, plain), index * CHUNK_SEALED);
        this.progress(step, (index + 1) * CHUNK_SEALED);
      }
      spool.flush();
    } finally {
      spool.close();
    }
    this.files.forget(step.path);
  }

  /** A picture without what it says of its place, its time and its camera. */
  private async bared(file: File): Promise<Blob> {
    const bare = this.core.bare(new Uint8Array(await file.arrayBuffer()));
    if (bare === null) {
      throw new StepFailed(Failure.Local, PICTURE_DAMAGED);
    }
    return new Blob([bare]);
  }

  private async upload(step: Transfer, signal: AbortSignal): Promise<void> {
    const url = `${step.url}/blobs/${hex(step.blob)}`;
    const spool = await (await (await this.files.spool()).getFileHandle(String(step.transfer))).getFile();
    const size = this.core.sealedSize(step.size);
    let before = 0;
    for (;;) {
      // What counts is what the server says that it has.
      const found = await request(url, { method: "HEAD", signal });
      const offset = Number(found.headers.get("upload-offset") ?? NaN);
      if (!found.ok || !(offset <= size)) {
        throw new StepFailed(failureOf(found.status), "the server refuses the file");
      }
      if (offset === size) {
        return;
      }
      if (offset < before) {
        throw new StepFailed(Failure.Later, "the server has lost a part of the file");
      }
      before = offset;
      this.progress(step, offset);
      for (let at = offset; at < size; at = before) {
        before = Math.min(at + PIECE, size);
        const answer = await request(url, {
          method: "PATCH",
          headers: { authorization: `Bearer ${hex(step.uploadKey)}`, "upload-offset": String(at) },
          body: spool.slice(at, before),
          signal,
        });
        if (answer.status !== 204) {
          throw new StepFailed(failureOf(answer.status), "the server refuses the file");
        }
        this.progress(step, before);
      }
    }
  }

  private async download(step: Transfer, signal: AbortSignal): Promise<void> {
    const folder = await this.files.fetched();
    const handle = await folder.getFileHandle(`${step.path}.part`, { create: true });
    const chunks = Math.max(1, Math.ceil(Number(step.size) / CHUNK)); // those behind them are padding and stay where they are
    const last = Math.min(chunks * CHUNK_SEALED, this.core.sealedSize(step.size));
    const part = await access(handle);
    try {
      // What is there already stays, as whole chunks.
      const have = Math.min(part.getSize(), last);
      let at = have === last ? last : have - (have % CHUNK_SEALED);
      part.truncate(at);
      const body = at === last ? null : await this.fetchFrom(step, at, last - 1, signal);
      while (at < last) {
        const piece = await next(body!);
        signal.throwIfAborted();
        if (piece.length > last - at) {
          throw new StepFailed(Failure.Later, "the server sends more than was asked for");
        }
        write(part, piece, at);
        at += piece.length;
        this.progress(step, Math.min(at, Number(step.size)));
      }
    } finally {
      part.close();
    }
    // Half opened it is good for nothing: under another name the next core clears it away.
    const opening = `${step.path}.opening`;
    await rename(folder, handle, opening);
    await this.openSealed(step, await folder.getFileHandle(opening), last, signal);
    await rename(folder, await folder.getFileHandle(opening), step.path);
  }

  /** In its place: what is opened is shorter than what it is opened from. */
  private async openSealed(step: Transfer, handle: FileSystemFileHandle, last: number, signal: AbortSignal): Promise<void> {
    const file = await access(handle);
    try {
      const sealed: Bytes = new Uint8Array(CHUNK_SEALED);
      for (let index = 0; index * CHUNK_SEALED < last; index++) {
        const wanted = Math.min(CHUNK_SEALED, last - index * CHUNK_SEALED);
        const got = file.read(sealed.subarray(0, wanted), { at: index * CHUNK_SEALED });
        const plain = got === wanted ? this.core.unseal(step.key, step.size, index, sealed.subarray(0, wanted)) : null;
        if (plain === null) {
          file.truncate(0);
          throw new StepFailed(Failure.Damaged, "what the server has is not what was sent");
        }
        write(file, plain, index * CHUNK);
        if (index % PAUSE_EVERY === PAUSE_EVERY - 1) {
          await new Promise((resolve) => setTimeout(resolve, 0)); // others want the core too
          signal.throwIfAborted();
        }
      }
      file.truncate(Number(step.size));
      file.flush();
    } finally {
      file.close();
    }
  }

  /** A piece of a backup. */
  private async write(step: Transfer): Promise<void> {
    const folder = await this.files.fetched();
    const handle = await folder.getFileHandle(`${step.path}.part`, { create: true });
    const part = await access(handle);
    try {
      part.truncate(step.offset);
      write(part, step.data, step.offset);
      if (step.last) {
        part.flush();
      }
    } finally {
      part.close();
    }
    if (step.last) {
      await rename(folder, handle, step.path);
    }
  }

  private async readPiece(step: Transfer): Promise<Bytes> {
    const file = this.files.source(step.path);
    if (file === undefined) {
      throw new StepFailed(Failure.Local, FILE_LOST);
    }
    return new Uint8Array(await file.slice(step.offset, step.offset + Number(step.size)).arrayBuffer());
  }

  private async fetchFrom(
    step: Transfer,
    first: number,
    last: number,
    signal: AbortSignal,
  ): Promise<ReadableStreamDefaultReader<Bytes>> {
    const answer = await request(`${step.url}/blobs/${hex(step.blob)}`, {
      headers: { range: `bytes=${first}-${last}` },
      signal,
    });
    if (answer.status !== 206 || answer.body === null) {
      throw new StepFailed(failureOf(answer.status), "the server does not have the file (any more)");
    }
    return answer.body.getReader();
  }
}

function write(file: FileSystemSyncAccessHandle, bytes: Bytes, at: number): void {
  if (file.write(bytes, { at }) !== bytes.length) {
    throw new StepFailed(Failure.Local, DISK_FULL);
  }
}

async function request(url: string, options: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { cache: "no-store", credentials: "omit", redirect: "error", ...options });
  } catch {
    throw new StepFailed(Failure.Later, "the server cannot be reached");
  }
}

async function next(body: ReadableStreamDefaultReader<Bytes>): Promise<Bytes> {
  let result: ReadableStreamReadResult<Bytes>;
  try {
    result = await body.read();
  } catch {
    throw new StepFailed(Failure.Later, "the connection has ended");
  }
  if (result.value === undefined) {
    throw new StepFailed(Failure.Later, "the server sent less than it has");
  }
  return result.value;
}

/** Gives the part its name. Files in the private file system can be moved, though the types don't know it yet. */
async function rename(
  folder: FileSystemDirectoryHandle,
  part: FileSystemFileHandle & { move?: (folder: FileSystemDirectoryHandle, name: string) => Promise<void> },
  name: string,
): Promise<void> {
  if (part.move === undefined) {
    throw new StepFailed(Failure.Local, "this browser cannot keep files");
  }
  await part.move(folder, name);
}
