// SPDX-License-Identifier: EUPL-1.2
// The core's module from the other side of web/host/host.h: typed inputs and effects, bytes copied in and out.
import { SALT, type StretchWork } from "./stretch";
import { wasi } from "./wasi";

export type Bytes = Uint8Array<ArrayBuffer>;

/** Gives the memory of bytes that are used up back at once: engines see little of it, and collect it late. */
export function release(bytes: Bytes): void {
  bytes.buffer.transfer(0);
}

export interface Change {
  key: Bytes;
  value: Bytes | null; // null: remove
}

export interface ReadRange {
  read: number;
  from: Bytes;
  before: Bytes;
  limit: number;
  backwards: boolean;
}

export const enum Step {
  Seal = 1,
  Upload,
  Drop,
  Download,
  Cancel,
  Write,
  Read,
}

export const enum Failure {
  Later = 1,
  Local,
  Gone,
  Damaged,
}

export interface Transfer {
  transfer: bigint;
  step: Step;
  path: string;
  url: string;
  blob: Bytes;
  uploadKey: Bytes;
  key: Bytes;
  size: bigint;
  offset: number;
  data: Bytes;
  last: boolean;
  bare: boolean;
}

export type Effect =
  | { kind: "store"; changes: Change[] }
  | { kind: "read"; range: ReadRange }
  | { kind: "connect"; url: string }
  | { kind: "disconnect" }
  | { kind: "frame"; frame: Bytes }
  | { kind: "transfer"; transfer: Transfer }
  | { kind: "line"; line: string };

const enum Kind {
  Store = 1,
  Read,
  Connect,
  Disconnect,
  Frame,
  Transfer,
  Line,
}

const HOST_WORDS = 18;
const BLOB_NAME = 32;
const UPLOAD_KEY = 32;
const BLOB_KEY = 48;
const NO_DEADLINE = 0xffff_ffff_ffff_ffffn;

export const CHUNK = 256 * 1024;
export const CHUNK_SEALED = CHUNK + 16;

type Call = (...args: (number | bigint)[]) => number;

export type StretchCost = Omit<StretchWork, "shared" | "passphraseLength">;
export type Stretch = (cost: StretchCost, passphrase: Bytes, salt: Bytes) => Bytes | null;

/** What an input returned: the core is dead. */
export class CoreFailed extends Error {
  constructor(
    readonly code: string,
    words: string,
  ) {
    super(words);
    this.name = "CoreFailed";
  }
}

export class CoreModule {
  private readonly memory: WebAssembly.Memory;
  private readonly encoder = new TextEncoder();
  private readonly decoder = new TextDecoder();
  private host = 0;

  private constructor(private readonly calls: Record<string, Call>) {
    this.memory = calls["memory"] as unknown as WebAssembly.Memory;
    (calls["_initialize"] as Call)();
  }

  private open(): void {
    this.host = this.call("host_open");
    if (this.host === 0) {
      throw new CoreFailed("BASE_ERR_NO_MEMORY", "out of memory");
    }
  }

  /** `stretch`: Argon2id, for which the module's own memory would have to grow for good. */
  static create(module: WebAssembly.Module, stretch: Stretch): CoreModule {
    let core: CoreModule | undefined;
    const imported = (out: number, outLength: number, passphrase: number, length: number, salt: number, passes: number, memory: number): number => {
      const secret = core!.copy(passphrase, length);
      const bytes = stretch({ module, outLength, passes, memory }, secret, core!.copy(salt, SALT));
      secret.fill(0);
      if (bytes !== null) {
        new Uint8Array(core!.memory.buffer).set(bytes, out);
        bytes.fill(0);
      }
      return bytes === null ? -1 : 0;
    };
    core = CoreModule.instance(module, imported);
    core.open();
    return core;
  }

  private static instance(module: WebAssembly.Module, stretch: (...args: never[]) => number): CoreModule {
    let memory: WebAssembly.Memory | undefined;
    const imports = { wasi_snapshot_preview1: wasi(() => memory!), weibel: { stretch } } as unknown as WebAssembly.Imports;
    const { exports } = new WebAssembly.Instance(module, imports);
    memory = exports["memory"] as WebAssembly.Memory;
    return new CoreModule(exports as unknown as Record<string, Call>);
  }

  /** Argon2id in a module of its own, which takes the memory with it once it is collected. */
  static stretch({ module, outLength, passes, memory }: StretchCost, passphrase: Bytes, salt: Bytes): Bytes | null {
    const other = CoreModule.instance(module, () => -1);
    const out = other.take(outLength);
    try {
      return other.within([passphrase, salt], (at) =>
        other.call("host_stretch", out, outLength, at[0]!, passphrase.length, at[1]!, passes, memory) === 0 ? other.copy(out, outLength) : null,
      );
    } finally {
      passphrase.fill(0);
      other.call("host_give", out);
    }
  }

  /** Wipes all that the core holds. Nothing else may be called afterwards. */
  free(): void {
    if (this.host !== 0) {
      this.call("host_free", this.host);
      this.host = 0;
    }
  }

  get freed(): boolean {
    return this.host === 0;
  }

  // --- inputs ---

  line(line: string): void {
    const bytes = this.encoder.encode(line);
    this.within([bytes], (at) => this.input("host_line", at[0]!, bytes.length));
  }

  connected(): void {
    this.input("host_connected");
  }

  disconnected(reason?: string): void {
    if (reason === undefined) {
      this.input("host_disconnected", 0);
    } else {
      this.within([this.text(reason)], (at) => this.input("host_disconnected", at[0]!));
    }
  }

  frame(frame: Uint8Array): void {
    this.within([frame], (at) => this.input("host_frame", at[0]!, frame.length));
  }

  tick(): void {
    this.input("host_tick");
  }

  stored(durable: boolean): void {
    this.input("host_stored", durable ? 1 : 0);
  }

  record(read: number, key: Uint8Array, value: Uint8Array): void {
    this.within([key, value], (at) => this.input("host_record", read, at[0]!, key.length, at[1]!, value.length));
  }

  readDone(read: number, done: boolean): void {
    this.input("host_read_done", read, done ? 1 : 0);
  }

  transferProgress(transfer: bigint, done: number): void {
    this.input("host_transfer_progress", transfer, BigInt(done));
  }

  transferDone(transfer: bigint): void {
    this.input("host_transfer_done", transfer);
  }

  transferData(transfer: bigint, data: Uint8Array): void {
    this.within([data], (at) => this.input("host_transfer_data", transfer, at[0]!, data.length));
  }

  transferFailed(transfer: bigint, why: Failure, words: string): void {
    this.within([this.text(words)], (at) => this.input("host_transfer_failed", transfer, why, at[0]!));
  }

  // --- effects ---

  next(): Effect | null {
    const kind: Kind | 0 = this.call("host_next", this.host);
    const words = this.words();
    switch (kind) {
      case Kind.Store:
        return { kind: "store", changes: this.changes(words[0]!) };
      case Kind.Read:
        return {
          kind: "read",
          range: {
            read: words[0]!,
            from: this.copy(words[1]!, words[2]!),
            before: this.copy(words[3]!, words[4]!),
            limit: words[5]!,
            backwards: words[6] === 1,
          },
        };
      case Kind.Connect:
        return { kind: "connect", url: this.string(words[0]!, words[1]!) };
      case Kind.Disconnect:
        return { kind: "disconnect" };
      case Kind.Frame:
        return { kind: "frame", frame: this.copy(words[0]!, words[1]!) };
      case Kind.Transfer:
        return { kind: "transfer", transfer: this.transfer(words) };
      case Kind.Line:
        return { kind: "line", line: this.string(words[0]!, words[1]!) };
      default:
        return null;
    }
  }

  /** Milliseconds since 1970, or null. */
  deadline(): number | null {
    const deadline = BigInt.asUintN(64, (this.calls["host_deadline"] as unknown as (host: number) => bigint)(this.host));
    return deadline === NO_DEADLINE ? null : Number(deadline);
  }

  waits(): boolean {
    return this.call("host_waits", this.host) === 1;
  }

  // --- sealed files ---

  sealedSize(size: bigint): number {
    return Number((this.calls["host_sealed_size"] as unknown as (size: bigint) => bigint)(size));
  }

  chunks(size: bigint): number {
    return Number((this.calls["host_chunks"] as unknown as (size: bigint) => bigint)(size));
  }

  /** Seals the file's bytes of one chunk. */
  seal(key: Uint8Array, size: bigint, index: number, chunk: Uint8Array): Bytes {
    return this.withChunk(key, chunk, (keyAt, at) => this.call("host_seal", keyAt, size, BigInt(index), at))!;
  }

  /** The file's bytes of a sealed chunk, or null if it is not what was uploaded. */
  unseal(key: Uint8Array, size: bigint, index: number, sealed: Uint8Array): Bytes | null {
    return this.withChunk(key, sealed, (keyAt, at) =>
      this.call("host_unseal", keyAt, size, BigInt(index), at, sealed.length),
    );
  }

  /** A picture without what it says beside itself, as long as before, or null if it is damaged. */
  bare(picture: Uint8Array): Bytes | null {
    return this.within([picture], ([at]) => (this.call("host_bare", at!, picture.length) === 0 ? this.copy(at!, picture.length) : null));
  }

  // --- the memory of the module; views are taken anew, since it may have grown ---

  private call(name: string, ...args: (number | bigint)[]): number {
    return this.calls[name]!(...args);
  }

  private input(name: string, ...args: (number | bigint)[]): void {
    const result = this.call(name, this.host, ...args);
    if (result !== 0) {
      throw new CoreFailed(
        this.cString(this.call("host_error_name", result)),
        this.cString(this.call("host_error_text", result)),
      );
    }
  }

  private text(text: string): Uint8Array {
    return this.encoder.encode(`${text.replaceAll("\0", "")}\0`);
  }

  private take(length: number): number {
    const at = this.call("host_take", length);
    if (at === 0) {
      throw new CoreFailed("BASE_ERR_NO_MEMORY", "out of memory");
    }
    return at;
  }

  private within<T>(blocks: Uint8Array[], use: (at: number[]) => T): T {
    const at: number[] = [];
    try {
      for (const block of blocks) {
        const place = this.take(block.length);
        at.push(place);
        new Uint8Array(this.memory.buffer).set(block, place);
      }
      return use(at);
    } finally {
      for (const place of at) {
        this.call("host_give", place);
      }
    }
  }

  private withChunk(key: Uint8Array, data: Uint8Array, use: (keyAt: number, at: number) => number): Bytes | null {
    const at = this.take(CHUNK_SEALED);
    try {
      new Uint8Array(this.memory.buffer).set(data, at);
      const length = this.within([key], (keys) => use(keys[0]!, at));
      return length < 0 ? null : this.copy(at, length);
    } finally {
      this.call("host_give", at);
    }
  }

  private words(): Uint32Array {
    return new Uint32Array(this.memory.buffer, this.call("host_words", this.host), HOST_WORDS).slice();
  }

  private copy(at: number, length: number): Bytes {
    return new Uint8Array(this.memory.buffer as ArrayBuffer, at, length).slice();
  }

  private string(at: number, length: number): string {
    return this.decoder.decode(new Uint8Array(this.memory.buffer, at, length));
  }

  private cString(at: number): string {
    const bytes = new Uint8Array(this.memory.buffer);
    return this.string(at, bytes.indexOf(0, at) - at);
  }

  private changes(count: number): Change[] {
    const changes: Change[] = [];
    for (let i = 0; i < count; i++) {
      this.call("host_change", this.host, i);
      const words = this.words();
      changes.push({
        key: this.copy(words[0]!, words[1]!),
        value: words[4] === 1 ? null : this.copy(words[2]!, words[3]!),
      });
    }
    return changes;
  }

  private transfer(words: Uint32Array): Transfer {
    const number = (low: number): bigint => BigInt(words[low]!) | (BigInt(words[low + 1]!) << 32n);
    return {
      transfer: number(0),
      step: words[2]! as Step,
      path: this.string(words[3]!, words[4]!),
      url: this.string(words[5]!, words[6]!),
      blob: this.copy(words[7]!, BLOB_NAME),
      uploadKey: this.copy(words[8]!, UPLOAD_KEY),
      key: this.copy(words[9]!, BLOB_KEY),
      size: number(10),
      offset: Number(number(12)),
      data: this.copy(words[14]!, words[15]!),
      last: words[16] === 1,
      bare: words[17] === 1,
    };
  }
}
