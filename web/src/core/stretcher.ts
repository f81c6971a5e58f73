// SPDX-License-Identifier: EUPL-1.2
// The worker that stretches one passphrase: see stretch.ts.
import { CoreModule } from "./module";
import { carryOut, type StretchWork } from "./stretch";

const scope = self as unknown as DedicatedWorkerGlobalScope;

scope.onmessage = (event: MessageEvent<StretchWork>) => {
  const work = event.data;
  carryOut(work, (passphrase, salt) => CoreModule.stretch(work, passphrase, salt));
  scope.postMessage(null);
};
