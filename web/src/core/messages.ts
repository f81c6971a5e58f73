// SPDX-License-Identifier: EUPL-1.2
// What a page, its worker, and the workers of other tabs say to each other.

import type { StretchWork } from "./stretch";

/** From a page to its worker. */
export type ToWorker =
  | { type: "start"; tab: string }
  /** A JSON-RPC request of this page; its `id` begins with the tab's name and a colon. */
  | { type: "line"; line: string }
  /** A file that a later request names by this path. */
  | { type: "file"; path: string; file: File }
  /** Wipe the core: what a locked tab holds is nothing. */
  | { type: "lock" }
  /** Delete all that this browser has of the home. */
  | { type: "erase" }
  /** Try again after a failure. */
  | { type: "reopen" };

/** From a worker to its page. */
export type ToPage =
  | { type: "line"; line: string }
  /** There is a core (again), in this tab or another one: what was asked of the last one is not answered any more. */
  | { type: "ready" }
  /** It was locked on purpose. */
  | { type: "locked" }
  /** Start a worker for this, while the core's one waits for it. */
  | { type: "stretch"; work: StretchWork }
  | { type: "failed"; code: string; words: string };

/** Between the workers of all tabs. */
export type Between =
  | { type: "hello"; tab: string }
  | { type: "to-core"; message: ToWorker }
  | { type: "to-page"; tab: string | null; message: ToPage }; // null: to all

/** Why a file could not be moved, where the page has more to say than the name of the error. */
export const DISK_FULL = "the disk is full";
export const GIVEN_UP = "the download was given up"; // the core's words
export const PICTURE_DAMAGED = "what the picture says of its place and time cannot be taken out";
export const FILE_LOST = "the file was not read to its end; choose it again";

export const CHANNEL = "weibel";
export const CORE_LOCK = "weibel-core";
