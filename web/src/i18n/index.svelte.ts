// SPDX-License-Identifier: EUPL-1.2
// The language in use. Whatever shows text reads it through these, and follows a change at once.
import { DISK_FULL, FILE_LOST, PICTURE_DAMAGED } from "../core/messages";
import { SvelteMap } from "svelte/reactivity";
import { RpcError } from "../rpc";
import { preferences } from "../state/preferences.svelte";
import { de, type Catalogue } from "./de";
import { Format } from "./format";

const SHORT_WAIT = 120; // seconds: more is said in minutes

export const LANGUAGES = { de: "Deutsch", fr: "Français", it: "Italiano", en: "English" } as const;
export type Language = keyof typeof LANGUAGES;

/** The others come when they are chosen: nobody reads four. */
const others: Record<Exclude<Language, "de">, () => Promise<Catalogue>> = {
  fr: () => import("./fr").then(({ fr }) => fr),
  it: () => import("./it").then(({ it }) => it),
  en: () => import("./en").then(({ en }) => en),
};
const catalogues = new SvelteMap<Language, Catalogue>([["de", de]]);
let last: Catalogue = de;
const formats: Record<Language, Format> = {
  de: new Format("de-CH"),
  fr: new Format("fr-CH"),
  it: new Format("it-CH"),
  en: new Format("en-CH"),
};

/** Has the words of the language in use at hand. False: those can't be fetched, and they stay what they were. */
export async function learn(language: Language): Promise<boolean> {
  if (language !== "de" && !catalogues.has(language)) {
    const learnt = await others[language]().catch(() => null);
    if (learnt === null) {
      return false;
    }
    catalogues.set(language, learnt);
  }
  return true;
}

/** The words of the language in use. */
export function t(): Catalogue {
  last = catalogues.get(preferences.language) ?? last;
  return last;
}

/** Its numbers, dates and plurals. */
export function f(): Format {
  return formats[preferences.language];
}

/** Errors that go by what they say, as the core has one name for all of them. */
const SAID: Record<string, string> = { [DISK_FULL]: "device_full", [FILE_LOST]: "file_lost", [PICTURE_DAMAGED]: "picture_damaged" };

/** An error of the core or the server in words; what has none of its own gets the general ones. `here`: better ones, where it is met. */
export function errorWords(error: unknown, here: Record<string, string> = {}): string {
  if (error instanceof RpcError && here[error.name] === undefined) {
    if (error.name === "link_expired" && error.at !== undefined) {
      return t().linkExpired(f(), error.at);
    }
    if (error.name === "too_often" && error.wait !== undefined) {
      return t().tooOften(f(), error.wait < SHORT_WAIT ? error.wait : Math.ceil(error.wait / 60) * 60);
    }
  }
  const words: Record<string, string> = { ...t().errors, ...here };
  const said = error instanceof Error ? error.message : "";
  const name = SAID[said] ?? (error instanceof Error ? error.name : "internal");
  return words[name] ?? t().errors.internal;
}
