// SPDX-License-Identifier: EUPL-1.2
// A tab's worker. One of all tabs holds the lock and hosts the core; the others pass lines on to it. When it goes, the
// next one opens the core on what is durable.
import wasmUrl from "weibel.wasm?url";
import { Host } from "./host";
import { CHANNEL, CORE_LOCK, type Between, type ToPage, type ToWorker } from "./messages";
import { CoreModule } from "./module";
import { openStore, type Store } from "./store";
import { stretchElsewhere } from "./stretch";

const scope = self as unknown as DedicatedWorkerGlobalScope;
const channel = new BroadcastChannel(CHANNEL);

function compile(): Promise<WebAssembly.Module> {
  const compiling = WebAssembly.compileStreaming(fetch(wasmUrl, { credentials: "omit" }));
  compiling.catch(() => {}); // told when the core is opened
  return compiling;
}

let compiled = compile();

let ownTab = "";
let leader: Leader | null = null;

function toPage(message: ToPage): void {
  scope.postMessage(message);
}

/** To one tab, or to all of them. */
function toTab(tab: string | null, message: ToPage): void {
  if (tab === null || tab === ownTab) {
    toPage(message);
  }
  if (tab !== ownTab) {
    channel.postMessage({ type: "to-page", tab, message } satisfies Between);
  }
}

/** The tab that a line of the core is for: `id` of a response begins with it. An event is for all. */
function tabOf(line: string): string | null {
  const { id } = JSON.parse(line) as { id?: unknown };
  return typeof id === "string" ? id.slice(0, id.indexOf(":")) : null;
}

class Leader {
  private host: Host | null = null;
  private opening: Promise<void> = Promise.resolve();
  private readonly sources = new Map<string, File>();
  private waiting: string[] = [];
  private failure: ToPage | null = null;

  constructor(private readonly store: Store) {
    this.open();
  }

  /** What a tab that comes now must know; null while the core is being opened. */
  get state(): ToPage | null {
    return this.host !== null ? { type: "ready" } : this.failure;
  }

  take(message: ToWorker): void {
    switch (message.type) {
      case "line":
        if (this.host === null) {
          this.waiting.push(message.line);
        } else {
          this.host.line(message.line);
        }
        break;
      case "file":
        this.sources.set(message.path, message.file);
        break;
      case "lock":
        this.stop();
        toTab(null, { type: "locked" });
        this.open();
        break;
      case "erase":
        this.opening = this.opening.then(() => this.erase()).catch((error: unknown) => this.failed("store", String(error)));
        break;
      case "reopen":
        if (this.host === null) {
          this.open();
        }
        break;
      case "start":
        break;
    }
  }

  offline(): void {
    this.host?.offline();
  }

  private stop(): void {
    this.host?.close();
    this.host = null;
    this.waiting = [];
    void clearFetched().catch(() => {});
  }

  private async erase(): Promise<void> {
    this.stop();
    await this.store.clear();
    const root = await navigator.storage.getDirectory();
    for (const name of ["spool", "fetched"]) {
      await root.removeEntry(name, { recursive: true }).catch(() => {});
    }
    toTab(null, { type: "locked" });
    this.open();
  }

  private open(): void {
    this.opening = this.opening.then(() => this.openHost()).catch((error: unknown) => {
      const code = error instanceof NoFiles ? "files" : error instanceof DOMException ? error.name : "internal";
      this.failed(code, error instanceof Error ? error.message : String(error));
    });
  }

  /** One that did not come is fetched once more. */
  private module(): Promise<WebAssembly.Module> {
    return compiled.catch(() => (compiled = compile()));
  }

  private failed(code: string, words: string): void {
    this.stop();
    this.failure = { type: "failed", code, words };
    toTab(null, this.failure);
  }

  private async openHost(): Promise<void> {
    if (this.host !== null) {
      return;
    }
    this.failure = null;
    await clearFetched();
    this.host = Host.open({
      module: await this.module(),
      store: this.store,
      files: {
        source: (path) => this.sources.get(path),
        forget: (path) => this.sources.delete(path),
        spool: () => folder("spool"),
        fetched: () => folder("fetched"),
      },
      stretch: (cost, passphrase, salt) =>
        stretchElsewhere(cost, passphrase, salt, (work) => toPage({ type: "stretch", work })) ??
        CoreModule.stretch(cost, passphrase, salt),
      line: (line) => toTab(tabOf(line), { type: "line", line }),
      failed: (code, words) => this.failed(code, words),
    });
    toTab(null, { type: "ready" });
    for (const line of this.waiting.splice(0)) {
      this.host.line(line);
    }
  }
}

/** The browser lets nobody keep files here: WebKit and Firefox in their private windows. */
class NoFiles extends Error {}

async function folder(name: string): Promise<FileSystemDirectoryHandle> {
  let root: FileSystemDirectoryHandle;
  try {
    root = await navigator.storage.getDirectory();
  } catch (error) {
    throw new NoFiles(String(error));
  }
  return root.getDirectoryHandle(name, { create: true });
}

/** Fetched files are shown or saved in the tab that asked for them; none is to outlive its core. */
async function clearFetched(): Promise<void> {
  const fetched = (await folder("fetched")) as FileSystemDirectoryHandle & { keys(): AsyncIterable<string> };
  for await (const name of fetched.keys()) {
    if (!name.endsWith(".part")) {
      await fetched.removeEntry(name).catch(() => {});
    }
  }
}

async function lead(): Promise<void> {
  try {
    leader = new Leader(await openStore());
  } catch (error) {
    toTab(null, { type: "failed", code: "store", words: error instanceof Error ? error.message : String(error) });
    return;
  }
  await new Promise<never>(() => {}); // until the tab goes
}

function toCore(message: ToWorker): void {
  if (leader !== null) {
    leader.take(message);
  } else {
    channel.postMessage({ type: "to-core", message } satisfies Between);
  }
}

channel.onmessage = (event: MessageEvent<Between>) => {
  const said = event.data;
  if (said.type === "to-page") {
    if (said.tab === null || said.tab === ownTab) {
      toPage(said.message);
    }
  } else if (said.type === "to-core") {
    leader?.take(said.message);
  } else if (leader?.state != null) {
    toTab(said.tab, leader.state);
  }
};

scope.onmessage = (event: MessageEvent<ToWorker>) => {
  const message = event.data;
  if (message.type === "start") {
    ownTab = message.tab;
    channel.postMessage({ type: "hello", tab: ownTab } satisfies Between);
    navigator.locks.request(CORE_LOCK, lead).catch((error: unknown) => toPage({ type: "failed", code: "store", words: String(error) }));
  } else {
    toCore(message);
  }
};

scope.addEventListener("offline", () => leader?.offline());
