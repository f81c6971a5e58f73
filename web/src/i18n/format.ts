// SPDX-License-Identifier: EUPL-1.2
// Numbers, dates, plurals and lists as a language has them: all by Intl.

type Plurals = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string };

const DAY = 86_400_000;
const FIRST_STRONG_ISOLATE = "\u2068";
const POP_ISOLATE = "\u2069";

export class Format {
  private readonly numbers: Intl.NumberFormat;
  private readonly percents: Intl.NumberFormat;
  private readonly rules: Intl.PluralRules;
  private readonly lists: Intl.ListFormat;
  private readonly times: Intl.DateTimeFormat;
  private readonly weekdays: Intl.DateTimeFormat;
  private readonly weekdaysLong: Intl.DateTimeFormat;
  private readonly dates: Intl.DateTimeFormat;
  private readonly datesLong: Intl.DateTimeFormat;
  private readonly moments: Intl.DateTimeFormat;

  constructor(readonly locale: string) {
    this.numbers = new Intl.NumberFormat(locale);
    this.percents = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 0 });
    this.rules = new Intl.PluralRules(locale);
    this.lists = new Intl.ListFormat(locale, { type: "conjunction" });
    this.times = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    this.weekdays = new Intl.DateTimeFormat(locale, { weekday: "short" });
    this.weekdaysLong = new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", month: "long" });
    this.dates = new Intl.DateTimeFormat(locale, { day: "2-digit", month: "2-digit", year: "2-digit" });
    this.datesLong = new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", month: "long", year: "numeric" });
    this.moments = new Intl.DateTimeFormat(locale, { dateStyle: "full", timeStyle: "short" });
  }

  number(value: number): string {
    return this.numbers.format(value);
  }

  /** Of 0 to 100. */
  percent(value: number): string {
    return this.percents.format(value / 100);
  }

  plural(count: number, forms: Plurals): string {
    return forms[this.rules.select(count)] ?? forms.other;
  }

  list(items: string[]): string {
    return this.lists.format(items);
  }

  time(when: number): string {
    return this.times.format(when);
  }

  date(when: number): string {
    return this.dates.format(when);
  }

  moment(when: number): string {
    return this.moments.format(when);
  }

  /** Beside something of this day: the time, and the date only if it is another. */
  beside(when: number, day: number): string {
    return sameDay(when, day) ? this.time(when) : `${this.date(when)}, ${this.time(when)}`;
  }

  /** In a list: today the time, this week the weekday, else the date. */
  short(when: number, now: number): string {
    const days = daysBetween(when, now);
    return days <= 0 ? this.time(when) : days < 7 ? this.weekdays.format(when) : this.date(when);
  }

  /** Between two days of a conversation. */
  day(when: number, now: number, words: { today: string; yesterday: string }): string {
    const days = daysBetween(when, now);
    if (days === 0 || days === 1) {
      return days === 0 ? words.today : words.yesterday;
    }
    return (new Date(when).getFullYear() === new Date(now).getFullYear() ? this.weekdaysLong : this.datesLong).format(when);
  }

  duration(seconds: number, unitDisplay: "long" | "short" = "long"): string {
    const units: [Intl.NumberFormatOptions["unit"] & string, number][] = [
      ["week", 604_800],
      ["day", 86_400],
      ["hour", 3600],
      ["minute", 60],
      ["second", 1],
    ];
    const [unit, length] = units.find(([, length]) => seconds % length === 0 && seconds >= length) ?? ["second", 1];
    return new Intl.NumberFormat(this.locale, { style: "unit", unit, unitDisplay }).format(seconds / length);
  }

  size(bytes: number): string {
    const units = ["byte", "kilobyte", "megabyte", "gigabyte"];
    let value = bytes;
    let unit = 0;
    while (value >= 1000 && unit < units.length - 1) {
      value /= 1000;
      unit++;
    }
    return new Intl.NumberFormat(this.locale, {
      style: "unit",
      unit: units[unit]!,
      unitDisplay: "short",
      maximumFractionDigits: value < 10 && unit > 0 ? 1 : 0,
    }).format(value);
  }

  /** Degrees north or south, east or west: signs are for machines. */
  coordinates(latitude: number, longitude: number): string {
    const degrees = new Intl.NumberFormat(this.locale, { minimumFractionDigits: 5, maximumFractionDigits: 5 });
    const [east, west] = this.locale.startsWith("de") ? "OW" : this.locale.startsWith("en") ? "EW" : "EO";
    return `${degrees.format(Math.abs(latitude))}° ${latitude < 0 ? "S" : "N"}, ${degrees.format(Math.abs(longitude))}° ${longitude < 0 ? west : east}`;
  }

  /** A name that others chose: its writing direction must not turn what stands around it. */
  isolate(text: string): string {
    return FIRST_STRONG_ISOLATE + text + POP_ISOLATE;
  }
}

/** How many midnights lie between. */
function daysBetween(when: number, now: number): number {
  const midnight = (time: number): number => new Date(time).setHours(0, 0, 0, 0);
  return Math.round((midnight(now) - midnight(when)) / DAY);
}

export function sameDay(a: number, b: number): boolean {
  return daysBetween(a, b) === 0;
}
