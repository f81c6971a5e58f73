// SPDX-License-Identifier: EUPL-1.2
// Carries out the core's effects in their order and hands back what comes of them: what cli/src/host.c is in a terminal.
import { Connection } from "./connection";
import { CoreFailed, CoreModule, release, type Change, type Effect, type ReadRange, type Stretch } from "./module";
import type { Store, StoredRecord } from "./store";
import { Transfers, type TransferFiles } from "./transfers";

export interface HostOptions {
  module: WebAssembly.Module;
  store: Store;
  files: TransferFiles;
  stretch: Stretch;
  line(line: string): void;
  /** The core is dead; nothing more comes of this host. */
  failed(code: string, words: string): void;
}

const LONGEST_TIMER = 2 ** 31 - 1; // milliseconds: more counts as none

export class Host {
  private connection: Connection | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private pumping = false;
  private closed = false;
  private answered: Promise<void> = Promise.resolve();
  private readonly transfers: Transfers;

  private constructor(
    private readonly core: CoreModule,
    private readonly options: HostOptions,
  ) {
    this.transfers = new Transfers(core, options.files, (input) => this.input(input));
  }

  static open(options: HostOptions): Host {
    const host = new Host(CoreModule.create(options.module, options.stretch), options);
    host.input(() => {});
    return host;
  }

  /** A JSON-RPC line of a face. */
  line(line: string): void {
    this.input(() => this.core.line(line));
  }

  /** The network is gone: said at once, as a silent connection would not notice for minutes. */
  offline(): void {
    this.connection?.close();
  }

  /** Wipes the core. What is durable stays. */
  close(): void {
    if (!this.closed) {
      this.closed = true;
      clearTimeout(this.timer);
      this.connection?.drop();
      this.transfers.close();
      this.core.free();
    }
  }

  /** An input, and what the core wants after it. Whatever fails ends the core. */
  private input(input: () => void): void {
    if (this.closed) {
      return;
    }
    try {
      input();
      this.pump();
    } catch (error) {
      this.fail(error);
    }
  }

  private fail(error: unknown): void {
    if (this.closed) {
      return;
    }
    this.close();
    if (error instanceof CoreFailed) {
      this.options.failed(error.code, error.message);
    } else if (error instanceof DOMException) {
      this.options.failed(error.name, error.message);
    } else {
      this.options.failed("internal", String(error));
    }
  }

  /** Carries out effects until there are none. Inputs that come of them only add to the queue. */
  private pump(): void {
    if (this.pumping) {
      return;
    }
    this.pumping = true;
    try {
      for (let effect = this.core.next(); effect !== null; effect = this.core.next()) {
        this.carryOut(effect);
        if (this.closed) {
          return;
        }
      }
    } finally {
      this.pumping = false;
    }
    this.setTimer();
  }

  private setTimer(): void {
    clearTimeout(this.timer);
    const deadline = this.core.deadline();
    if (deadline !== null) {
      const wait = Math.min(Math.max(deadline - Date.now(), 0), LONGEST_TIMER);
      this.timer = setTimeout(() => this.input(() => this.core.tick()), wait);
    }
  }

  private carryOut(effect: Effect): void {
    switch (effect.kind) {
      case "store":
        void this.apply(effect.changes);
        break;
      case "read":
        this.read(effect.range);
        break;
      case "connect":
        this.connect(effect.url);
        break;
      case "disconnect":
        if (this.connection === null) {
          this.core.disconnected();
        } else {
          this.connection.close();
        }
        break;
      case "frame":
        this.connection?.send(effect.frame);
        release(effect.frame);
        break;
      case "transfer":
        this.transfers.start(effect.transfer);
        break;
      case "line":
        this.options.line(effect.line);
        break;
    }
  }

  private async apply(changes: Change[]): Promise<void> {
    try {
      await this.options.store.apply(changes);
    } catch (error) {
      this.fail(error);
      return;
    }
    this.input(() => this.core.stored(true));
  }

  /** The store may answer a small read before a large one that was asked for earlier; the core gets them in its order. */
  private read(range: ReadRange): void {
    this.answered = this.answer(range, this.options.store.read(range), this.answered);
  }

  private async answer(range: ReadRange, found: Promise<StoredRecord[]>, before: Promise<void>): Promise<void> {
    try {
      const records = await found;
      await before;
      this.input(() => {
        for (const record of records) {
          this.core.record(range.read, record.key, record.value);
          release(record.key);
          release(record.value);
        }
        this.core.readDone(range.read, true);
      });
    } catch (error) {
      this.fail(error);
    }
  }

  private connect(url: string): void {
    this.connection?.drop();
    try {
      this.connection = new Connection(url, {
        opened: () => this.input(() => this.core.connected()),
        frame: (frame) => {
          this.input(() => this.core.frame(frame));
          release(frame);
        },
        closed: (reason) => {
          this.connection = null;
          this.input(() => this.core.disconnected(reason));
        },
      });
    } catch {
      // An address that is none, or one that the page's policy forbids.
      this.connection = null;
      this.core.disconnected("the server's address cannot be used here");
    }
  }
}
