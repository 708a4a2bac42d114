// A file that was dropped on the page waits here until the dialog that reads it is loaded.

import { app } from '../state/app.svelte';

class Dropped {
  file = $state.raw<File | null>(null);
}

export const dropped = new Dropped();

const carriesFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;

export function ondragover(event: DragEvent): void {
  // Without this the browser would leave the page for the file.
  if (carriesFiles(event)) event.preventDefault();
}

export function ondrop(event: DragEvent): void {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  const file = event.dataTransfer?.files[0];
  if (!file) return;
  dropped.file = file;
  app.dialog = 'import';
}
