// SPDX-License-Identifier: EUPL-1.2

/** What the account's other devices call this one: the browser and the system, as far as they say so. */
export function deviceName(): string {
  const agent = navigator.userAgent;
  const browser = /Edg\//.test(agent)
    ? "Edge"
    : /Firefox\//.test(agent)
      ? "Firefox"
      : /Chrome\//.test(agent)
        ? "Chrome"
        : /Safari\//.test(agent)
          ? "Safari"
          : "Browser";
  const system = /iPhone|iPad/.test(agent)
    ? "iOS"
    : /Android/.test(agent)
      ? "Android"
      : /Windows/.test(agent)
        ? "Windows"
        : /Mac OS/.test(agent)
          ? "macOS"
          : /Linux|CrOS/.test(agent)
            ? "Linux"
            : "";
  return system === "" ? browser : `${browser}, ${system}`;
}

/** Safari, and every browser on an iPhone or iPad, deletes a site's storage after seven days without a visit, unless it is installed. */
export function forgetsUnused(): boolean {
  return navigator.vendor.startsWith("Apple") && !matchMedia("(display-mode: standalone)").matches;
}
