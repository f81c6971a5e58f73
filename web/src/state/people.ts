// SPDX-License-Identifier: EUPL-1.2
// Who has reacted or voted, in words: of some of them only who has handed the message on says it.

import { f, t } from "../i18n/index.svelte";
import type { Message } from "../rpc";
import { app } from "./app.svelte";

export function namesOf(message: Message, people: { from: string[]; handed?: string[] }): string[] {
  const by = message.handed_by;
  return people.from.map((id) => {
    const name = id === app.account?.id ? t().you : app.nameOf(id);
    const said = by !== undefined && people.handed?.includes(id) === true;
    return said ? `${name} (${t().message.handedBy(f(), app.nameOf(by))})` : name;
  });
}
