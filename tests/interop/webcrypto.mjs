// SPDX-License-Identifier: EUPL-1.2
// Imported before ts-mls, which takes it from here: Node.js 18 has it in a module alone.

import { webcrypto } from "node:crypto";

globalThis.crypto ??= webcrypto;
