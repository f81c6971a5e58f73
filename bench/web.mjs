// SPDX-License-Identifier: EUPL-1.2
// What the browser client costs in Chromium: one JSON object a line. Times on a machine that does other things as well
// are noisy: each stands beside the same for an empty page in the same run, or beside a count that is not.
//
//   node bench/web.mjs [--messages N] [--chats N] [--only load|chats|long] [--quietly PROGRAM]
//
// PROGRAM runs the command behind it while something is measured, and may keep others from the processor meanwhile.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { launch, launchWithProfile, missing, PASSPHRASE, Person, Server } from "../tests/web/people.mjs";
import { BACKUP_PASSPHRASE, longChat, manyChats } from "./web/fill.mjs";
import { take } from "./web/options.mjs";

const values = take("bench/web.mjs", "What the browser client costs in Chromium.", {
  messages: { value: "N", default: "100000", says: "in the long chat" },
  chats: { value: "N", default: "200", says: "of a person who has many" },
  only: { value: "PART", oneOf: ["load", "chats", "long"], says: "load, chats or long" },
  quietly: { value: "PROGRAM", says: "runs what is measured, and may keep others from the processor" },
});
const MESSAGES = values.messages;
const CHATS = values.chats;

const LOADS = 7;
const SWITCHES = 20;
const OPENINGS = 10;
const SCROLL_SECONDS = 10;
const SCROLL_SPEED = 4000; // pixels a second: a strong flick
const SETTLES = 15_000; // milliseconds: an engine that has nothing to do collects after eight to ten seconds
const DROPPED = 1.5; // times the usual distance of two frames

const print = (bench, result) => console.log(JSON.stringify({ bench, ...result }));
const round = (number, digits = 1) => Number(number.toFixed(digits));
const median = (all) => [...all].sort((a, b) => a - b)[Math.floor(all.length / 2)];
const part = (all, share) => [...all].sort((a, b) => a - b)[Math.min(all.length - 1, Math.floor(all.length * share))];

async function quietly(measure) {
  if (values.quietly === undefined) {
    return measure();
  }
  const around = spawn(values.quietly, ["sh", "-c", "echo; cat"], { stdio: ["pipe", "pipe", "inherit"] });
  await once(around.stdout, "data");
  try {
    return await measure();
  } finally {
    around.stdin.end();
    await once(around, "exit");
  }
}

/** A folder, away again when the program ends. */
function scratch() {
  const folder = mkdtempSync(join(tmpdir(), "weibel-bench-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

// ------------------------------------------------------------------------------------------------------ first load ----

/** From the address to where something can be typed, with nothing in any cache: milliseconds, and bytes that came. */
async function load(browser, url, ready) {
  const context = await browser.newContext({ locale: "de-CH" });
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  let bytes = 0;
  session.on("Network.loadingFinished", (event) => (bytes += event.encodedDataLength));
  await session.send("Network.enable");
  const begin = performance.now();
  await page.goto(url, { waitUntil: "commit" });
  await ready(page);
  const ms = performance.now() - begin;
  await page.waitForLoadState("networkidle");
  await context.close();
  return { ms, bytes };
}

async function firstLoad(server, browser) {
  const folder = join(scratch(), "empty");
  mkdirSync(folder);
  writeFileSync(join(folder, "index.html"), "<!doctype html><title>empty</title><input>");
  const other = await new Server().start({ web: folder });
  const times = { ours: [], empty: [] };
  let bytes = 0;
  for (let i = 0; i < LOADS; i++) {
    times.empty.push((await load(browser, other.url, (page) => page.locator("input").waitFor())).ms);
    const ours = await load(browser, server.invite("Anna"), (page) => page.locator("input[autocomplete=new-password]").waitFor());
    times.ours.push(ours.ms);
    bytes = ours.bytes;
  }
  await other.remove();
  print("web_first_load", {
    ms: round(median(times.ours)),
    empty_page_ms: round(median(times.empty)),
    ratio: round(median(times.ours) / median(times.empty)),
    bytes,
  });
}

// -------------------------------------------------------------------------------------------------- one long chat ----

/** Counts in the worker what is asked of the store. */
async function countReads(page) {
  await page.workers()[0].evaluate(() => {
    globalThis.reads = 0;
    for (const name of ["getAllRecords", "openCursor"]) {
      const whole = IDBObjectStore.prototype[name];
      IDBObjectStore.prototype[name] = function (...args) {
        globalThis.reads++;
        return whole.apply(this, args);
      };
    }
  });
}

const reads = (page) => page.workers()[0].evaluate(() => globalThis.reads);

/** Clicks, and waits until what has come of it is painted: milliseconds. */
function clickTo(page, what, appears) {
  return page.evaluate(
    async ([link, wanted]) => {
      const frame = () => new Promise((done) => requestAnimationFrame(done));
      const begin = performance.now();
      document.querySelector(link).click();
      while (document.querySelector(wanted) === null) {
        await new Promise((done) => setTimeout(done, 0));
      }
      const there = performance.now() - begin;
      await frame();
      await new Promise((done) => setTimeout(done, 0));
      return { there, painted: performance.now() - begin };
    },
    [what, appears],
  );
}

async function restored(context, server, backup) {
  const person = await Person.at(context, server, "Anna");
  const { page } = person;
  await page.getByRole("button", { name: /Sicherung zurückholen/ }).click();
  await page.locator("#restore-file").setInputFiles(backup);
  await page.getByLabel("Passphrase der Sicherung").fill(BACKUP_PASSPHRASE);
  await page.getByLabel("Neue Passphrase für dieses Gerät").fill(PASSPHRASE);
  const begin = performance.now();
  await page.getByRole("button", { name: "Zurückholen" }).click();
  await page.getByTestId("own-id").waitFor({ timeout: 600_000 });
  print("web_restore", { messages: MESSAGES, seconds: round((performance.now() - begin) / 1000) });
  await page.getByRole("button", { name: "Zu den Chats" }).click();
  await person.online();
  return person;
}

async function opening(person, peer) {
  const { page } = person;
  const pid = await renderer(person.context, page);
  const times = [];
  let count = 0;
  let spent = 0;
  for (let i = 0; i < OPENINGS; i++) {
    await page.goto(`${person.server.url}/#/`);
    await page.locator(".nothing").waitFor();
    const before = await reads(page);
    const begin = cpu(pid);
    const { painted } = await clickTo(page, `a[data-chat="${peer}"]`, ".conversation li[data-row]");
    spent += cpu(pid) - begin;
    times.push(painted);
    count = (await reads(page)) - before;
  }
  const rows = await page.locator("li[data-row]").count();
  print("web_open_chat", { messages: MESSAGES, ms: round(median(times)), worst_ms: round(Math.max(...times)), first_ms: round(times[0]), cpu_ms: round(spent / OPENINGS), store_reads: count, rows });
}

/** Puts what stands in the list there again and again, as high as was scrolled, with no program behind it. */
function makePlain(page, pixels) {
  return page.evaluate(async (height) => {
    const list = document.querySelector("[data-testid=messages]");
    const plain = list.cloneNode(true);
    const rows = [...plain.querySelectorAll("li[data-row]")];
    plain.querySelectorAll(".room").forEach((room) => room.remove());
    list.replaceWith(plain);
    while (plain.scrollHeight < height) {
      plain.querySelector("ol").append(...rows.map((row) => row.cloneNode(true)));
    }
    plain.scrollTop = plain.scrollHeight;
  }, pixels);
}

/** Frames while it is scrolled, and milliseconds of processor time for each. */
function scroller(pid) {
  return async (page) => {
    const begin = cpu(pid);
    const moving = await frames(page, SCROLL_SECONDS, SCROLL_SPEED);
    return { ...moving, cpu: (cpu(pid) - begin) / moving.gaps.length };
  };
}

/** What stands in the page while it is scrolled up at a constant speed, and when its frames came. */
async function scrolling(person, peer) {
  const { page } = person;
  await page.goto(`${person.server.url}/#/chat/${peer}`);
  await page.locator("li[data-row]").first().waitFor();
  const empty = await frames(page, 2, 0);
  const before = await reads(page);
  const scroll = scroller(await renderer(person.context, page));
  const moving = await scroll(page);
  const asked = (await reads(page)) - before;
  await makePlain(page, moving.pixels + 1000);
  const plain = await scroll(page);
  const usual = median(empty.gaps);
  const late = ({ gaps }) => round((100 * gaps.filter((gap) => gap > usual * DROPPED).length) / gaps.length);
  print("web_scroll", {
    messages: MESSAGES,
    seconds: SCROLL_SECONDS,
    pixels: moving.pixels,
    frames: moving.gaps.length,
    frame_ms: round(median(moving.gaps)),
    idle_frame_ms: round(usual),
    p95_ms: round(part(moving.gaps, 0.95)),
    worst_ms: round(Math.max(...moving.gaps)),
    late_percent: late(moving),
    plain_late_percent: late(plain),
    idle_late_percent: late(empty),
    cpu_ms_per_frame: round(moving.cpu),
    plain_cpu_ms_per_frame: round(plain.cpu),
    most_rows: moving.rows,
    store_reads: asked,
  });
}

function frames(page, seconds, speed) {
  return page.evaluate(
    async ([duration, pace]) => {
      const list = document.querySelector("[data-testid=messages]");
      const gaps = [];
      let rows = 0;
      let pixels = 0;
      let last = await new Promise((done) => requestAnimationFrame(done));
      const end = last + duration * 1000;
      while (last < end) {
        const now = await new Promise((done) => requestAnimationFrame(done));
        const step = Math.min(list.scrollTop, Math.round((pace * (now - last)) / 1000));
        gaps.push(now - last);
        last = now;
        if (step > 0) {
          list.scrollTop -= step;
          pixels += step;
        }
        const all = list.querySelectorAll("li[data-row]");
        rows = Math.max(rows, all.length);
      }
      return { gaps, rows, pixels };
    },
    [seconds, speed],
  );
}

async function searching(person) {
  const { page } = person;
  await page.goto(`${person.server.url}/#/`);
  const box = page.getByRole("searchbox");
  const times = [];
  const before = await reads(page);
  let first = 0;
  for (const words of ["Montag Bericht", "dringend Vertrag", "Lausanne"]) {
    let typed = "";
    for (const letter of words) {
      typed += letter;
      const ms = await page.evaluate(async (text) => {
        const input = document.querySelector("input[type=search]");
        const begin = performance.now();
        input.value = text;
        input.dispatchEvent(new Event("input", { bubbles: true }));
        if (text.trim().length < 2) {
          return 0;
        }
        while (document.querySelector("a.hit") === null) {
          await new Promise((done) => setTimeout(done, 0));
        }
        return performance.now() - begin;
      }, typed);
      if (first === 0) {
        first = ms;
      } else if (ms > 0) {
        times.push(ms);
      }
    }
    await box.fill("");
  }
  print("web_search", { messages: MESSAGES, keystrokes: times.length, ms: round(median(times)), worst_ms: round(Math.max(...times)), first_ms: round(first), store_reads: (await reads(page)) - before });
}

async function oneLongChat() {
  const { server, backup, peer } = await longChat(MESSAGES);
  const context = await launchWithProfile(join(scratch(), "profile"));
  try {
    const person = await restored(context, server, backup);
    await countReads(person.page);
    await quietly(async () => {
      await searching(person);
      await opening(person, peer);
      await scrolling(person, peer);
    });
    print("web_memory_long_chat", { messages: MESSAGES, ...(await memory(context, person.page)) });
  } finally {
    await context.close();
    await server.remove();
  }
}

// ------------------------------------------------------------------------------------------------------ many chats ----

/** The process that runs the page and its worker. */
async function renderer(context, page) {
  const browser = context.browser();
  const session = await (browser === null ? context.newCDPSession(page) : browser.newBrowserCDPSession());
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  const all = processInfo.filter(({ type }) => type === "renderer").map(({ id }) => ({ id, size: pss(id) }));
  return all.sort((a, b) => b.size - a.size)[0].id;
}

function pss(pid) {
  const found = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"));
  return Number(found[1]) * 1024;
}

/** Milliseconds of processor time that all threads of a process have had. */
function cpu(pid) {
  const threads = readdirSync(`/proc/${pid}/task`);
  return threads.reduce((sum, thread) => sum + Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]), 0) / 1e6;
}

/** What the page and its worker take: the memory of their process, and what the browser counts as theirs. */
async function memory(context, page) {
  await page.waitForTimeout(SETTLES);
  const size = pss(await renderer(context, page));
  const { bytes } = await page.evaluate(() => performance.measureUserAgentSpecificMemory());
  return { renderer_mb: round(size / 1e6), page_mb: round(bytes / 1e6) };
}

async function switching(person) {
  const { page } = person;
  const pid = await renderer(person.context, page);
  const names = await page.locator("a.row").evaluateAll((rows, count) => rows.slice(0, count).map((row) => row.dataset.chat), SWITCHES + 1);
  const times = [];
  await clickTo(page, `a[data-chat="${names.pop()}"]`, "li[data-row]");
  const begin = cpu(pid);
  for (const name of names) {
    const title = await page.locator(`a[data-chat="${name}"] .name`).innerText();
    const { painted } = await clickTo(page, `a[data-chat="${name}"]`, `.conversation[aria-label="${title}"] li[data-row]`);
    times.push(painted);
  }
  const spent = (cpu(pid) - begin) / names.length;
  print("web_switch_chat", { chats: CHATS, ms: round(median(times)), worst_ms: round(Math.max(...times)), cpu_ms: round(spent) });
}

async function manyOfThem(server) {
  const empty = await launchWithProfile(join(scratch(), "profile"));
  const page = await empty.newPage();
  await page.goto(`${server.url}/manifest.webmanifest`);
  const base = await memory(empty, page).catch(() => null);
  await empty.close();
  const context = await launchWithProfile(join(scratch(), "profile"));
  try {
    const person = await Person.at(context, server, "Anna");
    await person.activate();
    await person.page.goto(`${server.url}/#/`);
    const alone = await memory(context, person.page);
    const script = await manyChats(server, person.id, CHATS);
    await person.page.locator(`.list ul li:nth-child(${CHATS}) a.row`).waitFor({ state: "attached", timeout: 300_000 });
    await script.end();
    await quietly(() => switching(person));
    const all = await memory(context, person.page);
    await person.page.reload();
    await person.unlock();
    await person.online();
    await person.page.locator("li[data-row]").first().waitFor();
    const again = await memory(context, person.page);
    print("web_memory", { chats: CHATS, ...all, reloaded: again, no_chats: alone, empty_page: base });
  } finally {
    await context.close();
  }
}

// --------------------------------------------------------------------------------------------------------- program ----

const reason = missing(true);
if (reason !== null) {
  console.error(`bench/web: ${reason}`);
  process.exit(69);
}
const parts = {
  load: async () => {
    const server = await new Server().start();
    const browser = await launch(true);
    await quietly(() => firstLoad(server, browser));
    await browser.close();
    await server.remove();
  },
  chats: async () => {
    const server = await new Server().start();
    await manyOfThem(server);
    await server.remove();
  },
  long: oneLongChat,
};
for (const [name, run] of Object.entries(parts)) {
  if (values.only === undefined || values.only === name) {
    await run();
  }
}
