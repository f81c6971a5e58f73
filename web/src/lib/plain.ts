// SPDX-License-Identifier: EUPL-1.2

/** A word as searches compare it: without case and accents. */
export function plainOf(word: string): string {
  return word.normalize("NFD").replaceAll(/\p{M}/gu, "").toLocaleLowerCase();
}
