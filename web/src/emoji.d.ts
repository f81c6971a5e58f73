// SPDX-License-Identifier: EUPL-1.2
// Made by vite.config.ts.
declare module "emoji:*" {
  const list: [name: string, lines: string][];
  export default list;
}
