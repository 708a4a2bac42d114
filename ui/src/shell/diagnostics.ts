// What somebody who mends the engine wants to know, as text. Nothing of it is sent anywhere.

import { app } from '../state/app.svelte';

export function diagnostics(): string {
  const { problem, info, result, doc, mode } = app;
  return JSON.stringify(
    {
      problem,
      engine: info?.version ?? null,
      lastResult: result?.hash ?? null,
      mode,
      browser: navigator.userAgent,
      address: location.href,
      scenario: doc,
    },
    null,
    2,
  );
}
