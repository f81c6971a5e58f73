// SPDX-License-Identifier: EUPL-1.2
// Pictures of the browser client, as an office would see it: node tests/web/screenshots.mjs [FOLDER]
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { deflateSync } from "node:zlib";
import { launch, missing, PASSPHRASE, Person, Server, settled } from "./people.mjs";

const folder = process.argv[2] ?? "build/screenshots";
// "zoom" is the desktop at 200 %.
const SIZES = { small: [320, 640], phone: [390, 844], tablet: [820, 1180], desktop: [1440, 900], zoom: [720, 450] };
const COMMON = ["small", "phone", "tablet", "desktop", "zoom"];
const BOTH = ["small", "phone", "desktop"];

/** A picture without a camera: hills before an evening sky, as a PNG. */
function picture(width, height) {
  const rows = Buffer.alloc(height * (1 + 3 * width));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const u = x / width;
      const ridge = [0.52 + 0.09 * Math.sin(7 * u + 1), 0.66 + 0.07 * Math.sin(5 * u + 3), 0.82 + 0.05 * Math.sin(9 * u)];
      const depth = ridge.filter((edge) => y / height > edge).length;
      const sky = [250 - 90 * (1 - y / height), 205 - 40 * (1 - y / height), 170 + 60 * (1 - y / height)];
      const colour = [sky, [126, 148, 158], [74, 108, 104], [32, 66, 56]][depth];
      colour.forEach((value, i) => (rows[y * (1 + 3 * width) + 1 + 3 * x + i] = value));
    }
  }
  const table = Array.from({ length: 256 }, (_, n) => {
    let value = n;
    for (let k = 0; k < 8; k++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
    return value >>> 0;
  });
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    let crc = 0xffffffff;
    for (const byte of body) crc = (crc >>> 8) ^ table[(crc ^ byte) & 255];
    const out = Buffer.alloc(body.length + 8);
    out.writeUInt32BE(data.length, 0);
    body.copy(out, 4);
    out.writeUInt32BE((crc ^ 0xffffffff) >>> 0, body.length + 4);
    return out;
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]),
    chunk("IHDR", head),
    chunk("IDAT", deflateSync(rows)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

const reason = missing();
if (reason !== null) {
  console.error(`screenshots: ${reason}`);
  process.exit(69);
}
mkdirSync(folder, { recursive: true });
const server = await new Server().start();
const browser = await launch();

/** Pictures of what a page shows now, in every size, light and dark. */
async function shoot(page, name, sizes = COMMON) {
  for (const size of sizes) {
    const [width, height] = SIZES[size];
    await page.setViewportSize({ width, height });
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await settled(page);
      await page.screenshot({ path: join(folder, `${name}-${size}-${colorScheme}.png`) });
    }
  }
  const [width, height] = SIZES.desktop;
  await page.setViewportSize({ width, height });
}

try {
  const anna = await Person.come(browser, server, "Anna", {
    geolocation: { latitude: 46.94809, longitude: 7.44744, accuracy: 12 },
    permissions: ["geolocation"],
  });
  const link = server.invite("Anna Keller");
  await anna.page.goto(link);
  await anna.page.locator("input[autocomplete=new-password]").fill("acorn bridge candle");
  await shoot(anna.page, "activation");
  await anna.page.getByRole("button", { name: "Ohne Passphrase einrichten" }).click();
  await anna.page.getByText("Dazu eine Passphrase").waitFor();
  await shoot(anna.page, "activation-key", BOTH);
  await anna.page.getByRole("button", { name: "Doch eine Passphrase" }).click();
  await anna.activate(anna.page, link);
  await shoot(anna.page, "empty");

  // What goes wrong before there is anything: no link, one that was used, a browser that gets nothing.
  const late = await Person.come(browser, server, "Late");
  await shoot(late.page, "no-link", BOTH);
  await late.page.getByRole("button", { name: "Sicherung zurückholen" }).click();
  await shoot(late.page, "restore", BOTH);
  await late.page.goto(link);
  await late.page.locator("input[autocomplete=new-password]").fill(PASSPHRASE);
  await late.page.locator("form .button.primary").click();
  await late.page.getByText("schon benutzt").waitFor();
  await shoot(late.page, "used-link", BOTH);
  await late.leave();
  const without = await browser.newContext({ locale: "de-CH", serviceWorkers: "block" });
  await without.route("**/*.wasm", (route) => route.abort());
  const nothing = await without.newPage();
  await nothing.goto(server.url);
  await nothing.getByRole("button", { name: "Neu öffnen" }).waitFor();
  await shoot(nothing, "failed");
  await without.close();

  const people = {};
  for (const name of ["Ben Rochat", "Chiara Bianchi", "Daniel Wyss", "Eva Meier"]) {
    const person = await Person.come(browser, server, name);
    await person.activate();
    people[name] = person;
    await anna.page.goto(`${server.url}/#/contact/${person.id}`);
    await anna.chatWith(person.id);
    if (name === "Ben Rochat") {
      await anna.write("Guten Tag, hier ist Anna Keller vom Amtshaus.");
      await person.page.goto(`${server.url}/#/chat/${anna.id}`);
      await person.page.getByRole("button", { name: "Annehmen" }).waitFor();
      await shoot(person.page, "request", BOTH);
      await person.page.getByRole("button", { name: "Annehmen" }).click();
      await anna.page.getByRole("button", { name: "Namen geben" }).click();
      await anna.page.getByTestId("contact-name").fill(name);
      await shoot(anna.page, "naming");
      await anna.page.keyboard.press("Escape");
    }
    await anna.page.goto(`${server.url}/#/contact/${person.id}`);
    await anna.page.getByTestId("contact-name").fill(name);
    await anna.page.getByTestId("contact-name").press("Enter");
    await anna.page.locator("main h2").getByText(name).waitFor();
    await person.page.goto(`${server.url}/#/`);
  }
  const [ben, chiara, daniel, eva] = Object.values(people);
  const talk = async (person, lines) => {
    for (const [who, text] of lines) {
      await anna.page.goto(`${server.url}/#/chat/${person.id}`);
      if (who === "anna") {
        await anna.write(text);
        await anna.reaches(text.slice(0, 20), ["sent", "delivered", "read"]);
        await person.page.goto(`${server.url}/#/chat/${anna.id}`);
      } else {
        await person.write(text);
        await anna.message(text.slice(0, 20)).first().waitFor();
      }
    }
  };
  await talk(daniel, [["anna", "Ist das Protokoll schon unterschrieben?"], ["other", "Ja, liegt im Postfach. Danke fürs Nachfragen!"]]);
  await talk(chiara, [["anna", "Buongiorno Chiara, ha ricevuto la bozza?"], ["other", "Sì, la leggo stasera e le scrivo."]]);

  // A group that has something to say.
  await anna.page.goto(`${server.url}/#/new-group`);
  await anna.page.locator("#group-name").fill("Umzug Amtshaus");
  for (const person of [ben, chiara, eva]) {
    await anna.page.locator("#pick").fill(person.id);
    await anna.page.locator("#pick").press("Enter");
  }
  await anna.page.getByRole("button", { name: "Gruppe erstellen" }).click();
  await anna.page.locator("textarea").waitFor();
  const group = anna.page.url();
  await anna.write("Guten Morgen zusammen! Der Umzug ist am **Freitag, 4. Dezember**. Bitte beschriftet bis Mittwoch:\n- Akten (gelb)\n- Bildschirme (grün)\n- Persönliches (weiss)");
  for (const person of [ben, eva, chiara]) {
    await person.page.goto(`${server.url}/#/`);
    await person.page.locator(".list .name").getByText("Umzug Amtshaus").click();
    await person.page.locator("article.message").first().waitFor();
  }
  await ben.write("Merci Anna. Pour le 3e étage, c’est déjà fait 👍");
  await anna.message("3e étage").waitFor();
  await eva.write("Wer nimmt den Beamer mit?");
  await anna.message("Beamer").waitFor();
  await eva.write("Er steht noch im Sitzungszimmer 204.");
  await anna.message("204").waitFor();
  await anna.message("Beamer").hover();
  await anna.message("Beamer").getByLabel("Antworten").click();
  await anna.write("Ich nehme ihn, danke!");
  writeFileSync(join(server.folder, "Lageplan.png"), picture(960, 640));
  await chiara.page.locator("input[type=file]").setInputFiles(join(server.folder, "Lageplan.png"));
  await chiara.write("Das ist die Aussicht aus dem neuen Büro 😊");
  await anna.message("Aussicht").locator("img").waitFor();
  writeFileSync(join(server.folder, "Raumliste Amtshaus 2027.pdf"), Buffer.alloc(1_834_000, 7));
  await anna.page.locator("input[type=file]").setInputFiles(join(server.folder, "Raumliste Amtshaus 2027.pdf"));
  await anna.write("Und hier die neue Raumliste.");
  await anna.reaches("Raumliste", ["sent", "delivered", "read"]);

  // A thread beside it, and a place.
  await anna.message("3e étage").first().locator(".bubble").click({ button: "right" });
  await anna.page.getByRole("menuitem", { name: "Im Thread antworten" }).click();
  const thread = anna.page.locator(".about textarea");
  for (const text of ["Super, merci! Sind die Schlüssel schon beim Hauswart?", "Sonst bringe ich sie morgen vorbei."]) {
    await thread.fill(text);
    await thread.press("Enter");
  }
  await anna.page.locator(".about article.message").filter({ hasText: "morgen" }).waitFor();
  await shoot(anna.page, "thread");
  await anna.page.goto(group);
  await anna.page.getByRole("button", { name: "Datei anhängen" }).click();
  await anna.page.getByRole("menuitem", { name: "Standort" }).click();
  await anna.page.locator("#place-name").fill("Bundesplatz, Nordeingang");
  await anna.page.getByRole("dialog").getByText("46.94809").waitFor();
  await shoot(anna.page, "place", BOTH);
  await anna.page.getByRole("button", { name: "Standort senden" }).click();
  await anna.page.getByTestId("place").waitFor();

  // A poll, which all have seen.
  await anna.page.getByRole("button", { name: "Datei anhängen" }).click();
  await anna.page.getByRole("menuitem", { name: "Umfrage" }).click();
  await anna.page.locator("#poll-question").fill("Wann treffen wir uns zum Mittagessen nach dem Umzug?");
  await anna.page.locator("#poll-0").fill("Um zwölf, gleich nach der Schlüsselübergabe");
  await anna.page.locator("#poll-1").fill("Um eins");
  await shoot(anna.page, "new-poll", BOTH);
  await anna.page.getByRole("button", { name: "Umfrage senden" }).click();
  for (const person of [ben, eva]) {
    await person.page.locator(".poll").getByRole("button", { name: "Um zwölf" }).click();
  }
  await anna.page.locator(".poll").getByText("2 Stimmen").waitFor();
  await chiara.page.locator(".poll").getByRole("button", { name: "Um eins" }).click();
  await shoot(anna.page, "poll", BOTH);

  // Somebody who comes later is handed what was there.
  await anna.page.goto(group.replace("/chat/", "/details/"));
  await anna.page.getByRole("switch", { name: "Früheres darf weitergegeben werden" }).check();
  await anna.page.getByRole("button", { name: "Mitglieder hinzufügen" }).click();
  await anna.page.locator("#pick").fill(daniel.id);
  await anna.page.locator("#pick").press("Enter");
  await shoot(anna.page, "add", BOTH);
  await anna.page.getByRole("dialog").locator(".button.primary").click();
  await daniel.page.goto(`${server.url}/#/`);
  await daniel.page.locator(".list .name").getByText("Umzug Amtshaus").click();
  await daniel.page.getByText("weitergegeben von").first().waitFor();
  await shoot(daniel.page, "handed-on", BOTH);
  await daniel.page.goto(`${server.url}/#/chat/${anna.id}`);

  // What waits to be read.
  await anna.page.goto(group);
  await talk(ben, [["anna", "Kommst du um neun ins Sitzungszimmer?"], ["other", "Oui, à neuf heures. J’apporte les croissants 🥐"], ["anna", "Wunderbar!"]]);
  await anna.page.goto(group);
  await daniel.write("Noch etwas: Die Rechnung vom Schreiner ist gekommen.");
  await daniel.write("Soll ich sie freigeben?");
  await anna.page.locator(".badge").first().waitFor();
  await shoot(anna.page, "group");
  await anna.page.goto(`${server.url}/#/`);
  await shoot(anna.page, "list", ["phone"]);
  await anna.page.goto(`${server.url}/#/chat/${ben.id}`);
  await shoot(anna.page, "direct");
  await anna.page.goto(group.replace("/chat/", "/details/"));
  await shoot(anna.page, "details");
  await anna.page.locator(".about .scroll").last().evaluate((pane) => pane.scrollTo(0, 600));
  await shoot(anna.page, "policy", BOTH);
  await anna.page.goto(`${server.url}/#/contact/${ben.id}`);
  await shoot(anna.page, "contact");
  await anna.page.getByRole("button", { name: "Persönlich prüfen" }).click();
  await anna.page.getByTestId("safety").waitFor();
  await shoot(anna.page, "verify", BOTH);
  await anna.page.keyboard.press("Escape");
  await anna.page.goto(`${server.url}/#/new`);
  await shoot(anna.page, "new-chat");
  await anna.page.getByRole("button", { name: "QR-Code zeigen oder scannen" }).click();
  await anna.page.getByTestId("own-code").locator("svg").waitFor();
  await shoot(anna.page, "code", BOTH);
  await anna.page.keyboard.press("Escape");
  await anna.page.goto(`${server.url}/#/new-group`);
  await shoot(anna.page, "new-group", BOTH);
  await anna.page.goto(`${server.url}/#/settings`);
  await shoot(anna.page, "settings");
  await anna.page.getByRole("button", { name: "Tastenkürzel" }).click();
  await shoot(anna.page, "keys", BOTH);
  await anna.page.keyboard.press("Escape");
  for (const [name, top] of [["security", 700], ["privacy", 1500]]) {
    await anna.page.locator(".content .scroll").evaluate((pane, to) => pane.scrollTo(0, to), top);
    await shoot(anna.page, `settings-${name}`, BOTH);
  }
  await anna.page.getByRole("button", { name: "Gerät verbinden" }).click();
  await anna.page.getByRole("button", { name: "Link erzeugen" }).click();
  await anna.page.getByTestId("device-link").waitFor();
  await shoot(anna.page, "link", BOTH);
  await anna.page.keyboard.press("Escape");
  await anna.page.goto(`${server.url}/#/`);
  await anna.page.getByRole("searchbox").fill("sitz");
  await anna.page.locator("a.hit").first().waitFor();
  await shoot(anna.page, "search", BOTH);
  await anna.page.getByRole("searchbox").fill("");

  // High contrast, for who needs it.
  await anna.page.goto(`${server.url}/#/settings`);
  const contrast = anna.page.getByRole("switch", { name: "Hoher Kontrast" });
  await contrast.check();
  await shoot(anna.page, "settings-contrast", BOTH);
  for (const [name, view] of [["group", group], ["contact", `${server.url}/#/contact/${ben.id}`]]) {
    await anna.page.goto(view);
    await shoot(anna.page, `${name}-contrast`, BOTH);
  }
  await anna.page.goto(`${server.url}/#/settings`);
  await contrast.uncheck();

  // The longest words in the smallest window.
  for (const language of ["fr", "de"]) {
    await anna.page.goto(`${server.url}/#/settings`);
    await anna.page.locator("#language").selectOption(language);
    await shoot(anna.page, `settings-${language}`, ["small"]);
    for (const [name, view] of [["group", group], ["details", group.replace("/chat/", "/details/")], ["new-group", `${server.url}/#/new-group`]]) {
      await anna.page.goto(view);
      await shoot(anna.page, `${name}-${language}`, ["small"]);
    }
  }
  await anna.page.goto(group);
  await anna.message("Beamer mit").first().locator(".bubble").click({ button: "right" });
  await shoot(anna.page, "menu", BOTH);
  await anna.page.getByRole("menuitem", { name: "Andere Emojis" }).click();
  await anna.page.getByRole("dialog").getByRole("tab").first().waitFor();
  await shoot(anna.page, "emoji");
  await anna.page.keyboard.press("Escape");

  // One's own: changed, passed on, followed, deleted and taken back.
  const choose = async (text, item) => {
      await anna.message(text).first().locator(".bubble").click({ button: "right" });
    await anna.page.getByRole("menuitem", { name: item }).click();
  };
  await choose("Ich nehme ihn", "Bearbeiten");
  await anna.page.locator(".talk textarea").fill("Ich nehme ihn **am Freitag** mit:\n- Beamer\n- Kabel\n- Leinwand, falls noch Platz ist");
  await shoot(anna.page, "edit");
  await anna.page.keyboard.press("Escape");
  await choose("Ich nehme ihn", "Weiterleiten");
  await shoot(anna.page, "forward", BOTH);
  await anna.page.keyboard.press("Escape");
  await choose("Ich nehme ihn", "Auswählen");
  await anna.page.keyboard.press("Shift+ArrowUp");
  await anna.page.getByText("2 ausgewählt").waitFor();
  await shoot(anna.page, "select");
  await anna.page.keyboard.press("Delete");
  await anna.page.getByText("2 Nachrichten löschen?").waitFor();
  await shoot(anna.page, "select-delete", BOTH);
  for (let i = 0; i < 2; i++) {
    await anna.page.keyboard.press("Escape");
  }
  await choose("Ich nehme ihn", "Zustellung");
  await shoot(anna.page, "delivery", BOTH);
  await anna.page.keyboard.press("Escape");
  await choose("Ich nehme ihn", "Löschen");
  await shoot(anna.page, "delete", BOTH);
  await anna.page.getByRole("button", { name: "Für alle löschen" }).click();
  await anna.page.getByRole("button", { name: "Rückgängig" }).hover();
  await shoot(anna.page, "undo", ["small", "desktop"]); // it goes by itself
  await server.stop();
  await anna.page.locator("[data-connection=offline] p").waitFor();
  await shoot(anna.page, "offline", BOTH);
  await anna.page.goto(`${server.url}/#/settings`);
  await anna.page.getByRole("button", { name: "Jetzt sperren" }).click();
  await anna.page.locator("input[autocomplete=current-password]").waitFor();
  await shoot(anna.page, "locked", BOTH);
} finally {
  await browser.close();
  await server.remove();
}
console.log(folder);
