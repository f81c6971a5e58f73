// SPDX-License-Identifier: EUPL-1.2
// Messages that are being deleted: hidden at once, and deleted when there was time to take it back. What was decided is
// kept until it is done, so that a reload or a crash in between changes nothing. IDs of messages say nothing about anybody.
import { SvelteSet } from "svelte/reactivity";
import { errorWords, t } from "../i18n/index.svelte";
import type { Message } from "../rpc";
import { app } from "./app.svelte";
import { toast } from "./toast.svelte";

const KEY = "weibel-deletions";
const TAKEN_BACK_WITHIN = 5000; // milliseconds

interface Deletion {
  id: string;
  for: "everyone" | "me";
  due: number;
}

class Deletions {
  private readonly ids = new SvelteSet<string>();

  constructor() {
    window.addEventListener("storage", ({ key }) => key === KEY && this.follow());
  }

  has(message: Message): boolean {
    return this.ids.has(message.id);
  }

  begin(message: Message, whom: "everyone" | "me"): void {
    const { id } = message;
    const deletion = { id, for: whom, due: Date.now() + TAKEN_BACK_WITHIN };
    write([...read(), deletion]);
    this.await(deletion);
    toast.show(t().message.removed, { label: t().undo, run: () => this.forget(id) }, TAKEN_BACK_WITHIN);
  }

  /** Goes on with what was begun before a reload, perhaps in a tab that is gone. */
  resume(): void {
    read().forEach((deletion) => this.await(deletion));
  }

  /** What is begun in another tab is hidden here too, and what was taken back there comes back. */
  private follow(): void {
    const all = read();
    for (const id of [...this.ids].filter((known) => !all.some((other) => other.id === known))) {
      this.ids.delete(id);
    }
    all.filter(({ id }) => !this.ids.has(id)).forEach((deletion) => this.await(deletion));
  }

  private await(deletion: Deletion): void {
    this.ids.add(deletion.id);
    setTimeout(() => void this.finish(deletion), Math.min(deletion.due - Date.now(), TAKEN_BACK_WITHIN));
  }

  private async finish(deletion: Deletion): Promise<void> {
    const { id, for: whom } = deletion;
    if (!this.ids.has(id) || app.phase !== "open") {
      return; // taken back, or it goes on when this is open again
    }
    try {
      await app.rpc.call("delete", { id, for: whom });
    } catch (error) {
      const name = error instanceof Error ? error.name : "";
      if (name === "interrupted") {
        this.await({ ...deletion, due: Date.now() + TAKEN_BACK_WITHIN });
        return;
      }
      if (app.phase !== "open") {
        return;
      }
      if (name !== "unknown_message" && name !== "deleted") {
        toast.show(errorWords(error)); // and not that another tab was first
      }
    }
    this.forget(id);
  }

  private forget(id: string): void {
    write(read().filter((other) => other.id !== id));
    this.ids.delete(id);
  }
}

function read(): Deletion[] {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "[]") as Deletion[];
  } catch {
    return [];
  }
}

function write(all: Deletion[]): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(all));
  } catch {
    // Without room for it, it is done all the same while this tab is open.
  }
}

export const deletions = new Deletions();
