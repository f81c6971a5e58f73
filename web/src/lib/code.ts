// SPDX-License-Identifier: EUPL-1.2
// What the QR code of an account holds (docs/api.md, contact.verify).
import { isValidId, readId } from "./id";

/** Whose it is, as an ID and the domain of a server; null if it is the code of nobody. */
export function readCode(text: string): { id: string; domain: string } | null {
  const [, written, domain] = /^WEIBEL:1:([0-9A-Z-]{8,9})\/([0-9A-Z.:-]+):(?:\d{30}){1,2}$/.exec(text.trim().toUpperCase()) ?? [];
  const id = readId(written ?? "");
  return id === null || domain === undefined || !isValidId(id) ? null : { id, domain: domain.toLowerCase() };
}
