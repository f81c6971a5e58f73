// SPDX-License-Identifier: EUPL-1.2
// Long chats for the benchmarks of the browser client, written by real clients through a real server.
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build, Script, Server, Terminal } from "../../tests/web/people.mjs";

export const BACKUP_PASSPHRASE = "lake meadow paper stone";

const IN_FLIGHT = 1000; // messages of each writer that the server does not have yet
const WORDS = (
  "der die das ein eine morgen heute gestern Montag Dienstag Mittwoch Donnerstag Freitag Sitzung Protokoll Entwurf Vertrag " +
  "Rechnung Termin Anfrage Kunde Projekt Bericht Zahlen Budget Plan bitte danke gerne vielleicht sofort später schon noch nicht " +
  "kommt geht schickt liest schreibt prüft ruft bringt ändert wartet fertig offen dringend erledigt und oder aber weil wenn dann um " +
  "neun zehn elf zwölf Uhr Büro Zürich Bern Genf Lausanne Lugano Zimmer Telefon Mail Datei Ordner Seite Kapitel Anhang Kopie"
).split(" ");

/** Numbers that are the same in each run. */
function numbers(seed) {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** As people write: mostly a line, at times a paragraph. */
function sentence(random) {
  const count = random(10) === 0 ? 20 + random(60) : 1 + random(14);
  return Array.from({ length: count }, () => WORDS[random(WORDS.length)]).join(" ");
}

/** Writes `count` messages and comes back when the server has them all. */
async function write(script, to, count, seed) {
  const random = numbers(seed);
  let sent = 0;
  let waits = () => {};
  script.onevent = ({ method, params }) => {
    if (method === "message_state" && params.state === "sent") {
      sent++;
      waits();
    }
  };
  for (let i = 0; i < count; i++) {
    while (i - sent >= IN_FLIGHT) {
      await new Promise((done) => (waits = done));
    }
    await script.call("send", { to, text: `${sentence(random)} ${i}` });
  }
  while (sent < count) {
    await new Promise((done) => (waits = done));
  }
}

/** Both write half of the messages of their chat; the backup of the first one has them. */
async function fill(server, folder, count) {
  const [anna, ben] = ["Anna", "Ben"].map((name) => new Terminal(server, name));
  const scripts = [new Script(anna), new Script(ben)];
  for (const script of scripts) {
    await script.call("settings.set", { receipts: false });
    await script.call("connect");
  }
  const greeted = scripts[1].event("message");
  await write(scripts[0], ben.id, 1, 1);
  await greeted;
  await Promise.all([write(scripts[0], ben.id, Math.floor(count / 2) - 1, 2), write(scripts[1], anna.id, Math.ceil(count / 2), 3)]);
  // What Ben has sent is on its way to Anna still.
  for (;;) {
    const { chats } = await scripts[0].call("chats");
    if (chats[0].unread >= Math.min(10_000, Math.ceil(count / 2)) && chats[0].last.number >= count) {
      await scripts[0].call("read", { chat: ben.id, number: chats[0].last.number });
      break;
    }
    await new Promise((done) => setTimeout(done, 200));
  }
  const written = scripts[0].event("transfer", ({ state }) => state !== "running");
  await scripts[0].call("backup", { path: join(folder, "backup"), passphrase: BACKUP_PASSPHRASE, history: true });
  const { state } = await written;
  if (state !== "done") {
    throw new Error("the backup could not be written");
  }
  await Promise.all(scripts.map((script) => script.end()));
  writeFileSync(join(folder, "peer"), ben.id);
}

/**
 * A server on which somebody has a chat of `count` messages, his backup, and the other one's ID. They are written once
 * (some minutes for 100,000) and kept in the build folder for as long as the programs are the same.
 */
export async function longChat(count) {
  const hash = createHash("sha256");
  for (const program of ["weibel", "weibeld"]) {
    hash.update(readFileSync(join(build, program)));
  }
  const folder = join(build, "bench-web");
  const version = hash.digest("hex").slice(0, 16);
  const kept = join(folder, version, String(count));
  const server = new Server();
  if (!existsSync(join(kept, "peer"))) {
    if (!existsSync(join(folder, version))) {
      rmSync(folder, { recursive: true, force: true });
    }
    mkdirSync(kept, { recursive: true });
    await server.start();
    await fill(server, kept, count);
    await server.stop();
    cpSync(server.data, join(kept, "data"), { recursive: true });
  }
  rmSync(server.data, { recursive: true });
  cpSync(join(kept, "data"), server.data, { recursive: true });
  await server.start();
  return { server, backup: join(kept, "backup"), peer: readFileSync(join(kept, "peer"), "utf8") };
}

/** `count` groups that somebody at a terminal makes with `id`, each with a message. */
export async function manyChats(server, id, count) {
  const script = new Script(new Terminal(server, "Ben"));
  await script.call("connect");
  const random = numbers(4);
  for (let i = 0; i < count; i++) {
    const { chat } = await script.call("group.create", { name: `Gruppe ${i + 1}`, members: [id] });
    await script.call("send", { chat, text: sentence(random) });
  }
  return script;
}
