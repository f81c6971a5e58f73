// SPDX-License-Identifier: EUPL-1.2
// What can be done with a chat as one of the list: pinning, muting, archive.
import Archive from "@lucide/svelte/icons/archive";
import Bell from "@lucide/svelte/icons/bell";
import BellOff from "@lucide/svelte/icons/bell-off";
import MessageSquareDot from "@lucide/svelte/icons/message-square-dot";
import Pin from "@lucide/svelte/icons/pin";
import { t } from "../i18n/index.svelte";
import type { Chat, Methods } from "../rpc";
import type { Item } from "../ui/Menu.svelte";
import { app } from "./app.svelte";
import { say } from "./toast.svelte";

const FOREVER = 4_102_444_800_000; // the year 2100

export function waysToArrange(chat: Chat): (Item & { on: boolean })[] {
  const marked = chat.marked === true || chat.unread > 0;
  const pinned = chat.pinned === true;
  const archived = chat.archived === true;
  const muted = (chat.muted_until ?? 0) > Date.now();
  const set = async (change: Omit<Methods["chat.set"]["params"], "chat">): Promise<void> => {
    const changed = await say(app.rpc.call("chat.set", { chat: chat.chat, ...change }));
    if (changed !== undefined) {
      app.putChat(changed);
    }
  };
  return [
    { label: pinned ? t().chats.unpin : t().chats.pin, icon: Pin, on: pinned, run: () => void set({ pinned: !pinned }) },
    { label: muted ? t().chats.unmute : t().chats.mute, icon: muted ? Bell : BellOff, on: muted, run: () => void set({ muted_until: muted ? 0 : FOREVER }) },
    { label: archived ? t().chats.unarchive : t().chats.archive, icon: Archive, on: archived, run: () => void set({ archived: !archived }) },
    ...(marked ? [] : [{ label: t().chats.mark, icon: MessageSquareDot, on: false, run: () => void set({ marked: true }) }]),
  ];
}
