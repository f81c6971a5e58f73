// SPDX-License-Identifier: EUPL-1.2
// The language in use. Whatever shows text reads it through these, and follows a change at once.
import { DISK_FULL, FILE_LOST } from "../core/messages";
import { preferences } from "../state/preferences.svelte";
import { de, type Catalogue } from "./de";
import { en } from "./en";
import { Format } from "./format";
import { fr } from "./fr";
import { it } from "./it";

export const LANGUAGES = { de: "Deutsch", fr: "Français", it: "Italiano", en: "English" } as const;
export type Language = keyof typeof LANGUAGES;

const catalogues: Record<Language, Catalogue> = { de, fr, it, en };
const formats: Record<Language, Format> = {
  de: new Format("de-CH"),
  fr: new Format("fr-CH"),
  it: new Format("it-CH"),
  en: new Format("en-CH"),
};

/** The words of the language in use. */
export function t(): Catalogue {
  return catalogues[preferences.language];
}

/** Its numbers, dates and plurals. */
export function f(): Format {
  return formats[preferences.language];
}

/** An error of the core or the server in words; what has none of its own gets the general ones. */
export function errorWords(error: unknown): string {
  const words: Record<string, string> = t().errors;
  const said = error instanceof Error ? error.message : "";
  const name = said === DISK_FULL ? "device_full" : said === FILE_LOST ? "file_lost" : error instanceof Error ? error.name : "internal";
  return words[name] ?? t().errors.internal;
}
