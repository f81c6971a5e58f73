// SPDX-License-Identifier: EUPL-1.2
// What a benchmark is told on the command line: --help, and words for what it can't take.
import process from "node:process";
import { parseArgs } from "node:util";

/** What is called N is a number. Ends the program if there is nothing to go on with. */
export function take(program, says, options) {
  const wrong = (words) => {
    console.error(`${program}: ${words}\nnode ${program} --help says what it takes`);
    process.exit(64);
  };
  let values;
  try {
    const table = Object.entries(options).map(([name, option]) => [name, { type: "string", default: option.default }]);
    values = parseArgs({ options: { ...Object.fromEntries(table), help: { type: "boolean" } } }).values;
  } catch (error) {
    return wrong(error.message.split(/[.\n]/)[0]);
  }
  if (values.help) {
    console.log(`node ${program} [OPTION]...\n\n${says}\nPrints one JSON object a line.\n`);
    for (const [name, option] of Object.entries(options)) {
      const now = option.default === undefined ? "" : ` (${option.default})`;
      console.log(`  ${`--${name} ${option.value}`.padEnd(20)} ${option.says}${now}`);
    }
    console.log(`  ${"--help".padEnd(20)} this text`);
    process.exit(0);
  }
  for (const [name, { value, oneOf }] of Object.entries(options)) {
    if (values[name] !== undefined && value === "N") {
      if (!/^[1-9][0-9]{0,8}$/.test(values[name])) {
        return wrong(`--${name} is a number from 1 to 999999999, not "${values[name]}"`);
      }
      values[name] = Number(values[name]);
    } else if (values[name] !== undefined && oneOf !== undefined && !oneOf.includes(values[name])) {
      return wrong(`--${name} is ${oneOf.slice(0, -1).join(", ")} or ${oneOf.at(-1)}, not "${values[name]}"`);
    }
  }
  return values;
}
