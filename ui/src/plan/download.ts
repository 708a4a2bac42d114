// Tables of answers as files, for whoever goes on elsewhere.

import { download as save } from '../dialogs/download';
import { planTable } from '../engine/http';
import { app } from '../state/app.svelte';

/** A table of a plan, as `catchment plan --table` writes it. */
export async function download(hash: string, table: string): Promise<void> {
  try {
    save(`${app.doc?.name ?? 'plan'}-${table}.csv`, await planTable(hash, table), 'text/csv');
  } catch {
    app.say('This answer is not kept any more. Ask again.');
  }
}
