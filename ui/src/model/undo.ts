// Undo and redo of a document: whole documents, since they are small.

export const DEPTH = 200;

export class Undo<Doc> {
  private past: Doc[] = [];
  private future: Doc[] = [];

  get canUndo(): boolean {
    return this.past.length > 0;
  }

  get canRedo(): boolean {
    return this.future.length > 0;
  }

  /** Remembers what was before an edit. */
  push(before: Doc): void {
    this.past = [...this.past.slice(-(DEPTH - 1)), before];
    this.future = [];
  }

  undo(now: Doc): Doc | null {
    const before = this.past.at(-1);
    if (before === undefined) return null;
    this.past = this.past.slice(0, -1);
    this.future = [...this.future, now];
    return before;
  }

  redo(now: Doc): Doc | null {
    const next = this.future.at(-1);
    if (next === undefined) return null;
    this.future = this.future.slice(0, -1);
    this.past = [...this.past, now];
    return next;
  }

  save(): string {
    return JSON.stringify({ past: this.past.slice(-DEPTH), future: this.future.slice(-DEPTH) });
  }

  load(saved: string): void {
    const { past, future } = JSON.parse(saved) as { past: Doc[]; future: Doc[] };
    this.past = past;
    this.future = future;
  }
}
