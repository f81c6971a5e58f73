// SPDX-License-Identifier: EUPL-1.2
// What belongs to this browser and has to be known before it is unlocked. None of it says anything about a person.

export type Theme = "system" | "light" | "dark";
type Language = "de" | "fr" | "it" | "en";

interface Stored {
  language: Language;
  theme: Theme;
  contrast: boolean;
  lockAfter: number; // minutes; 0: never
  notifications: boolean;
  /** A single character does something. */
  keys: boolean;
}

const KEY = "weibel-preferences";

function preferredLanguage(): Language {
  for (const tag of navigator.languages) {
    const language = tag.slice(0, 2).toLowerCase();
    if (language === "de" || language === "fr" || language === "it" || language === "en") {
      return language;
    }
  }
  return "en";
}

function stored(): Partial<Stored> {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Stored>;
  } catch {
    return {};
  }
}

class Preferences {
  language: Language = $state("de");
  theme: Theme = $state("system");
  contrast = $state(false);
  lockAfter = $state(15);
  notifications = $state(false);
  keys = $state(true);

  constructor() {
    Object.assign(this, {
      language: preferredLanguage(),
      contrast: matchMedia("(prefers-contrast: more)").matches,
      ...stored(),
    } satisfies Partial<Stored>);
  }

  /** Keeps them, and tells the page what they say. Run by an effect. */
  apply(): void {
    const all: Stored = {
      language: this.language,
      theme: this.theme,
      contrast: this.contrast,
      lockAfter: this.lockAfter,
      notifications: this.notifications,
      keys: this.keys,
    };
    const root = document.documentElement;
    root.lang = `${this.language}-CH`;
    root.dataset["theme"] = this.theme;
    root.dataset["contrast"] = this.contrast ? "high" : "normal";
    try {
      localStorage.setItem(KEY, JSON.stringify(all));
    } catch {
      // Private windows may refuse: then they last as long as the tab.
    }
  }
}

export const preferences = new Preferences();
