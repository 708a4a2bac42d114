// Undo and redo of a document: whole documents, since they are small.

export const DEPTH = 200;
/** Characters that each direction may take when saved: browsers keep a few megabytes in all. */
const SAVED_MAX = 1e6;

export interface Snapshot<Doc> {
  past: readonly Doc[];
  future: readonly Doc[];
}

export class Undo<Doc> {
  private past: readonly Doc[] = [];
  private future: readonly Doc[] = [];

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

  /** As it is now, to come back to. */
  snapshot(): Snapshot<Doc> {
    return { past: this.past, future: this.future };
  }

  restore({ past, future }: Snapshot<Doc>): void {
    this.past = past;
    this.future = future;
  }

  /** Text for a reload: as many of the last steps as fit. */
  save(): string {
    return JSON.stringify({ past: lastThatFit(this.past), future: lastThatFit(this.future) });
  }

  load(saved: string): void {
    this.restore(JSON.parse(saved) as Snapshot<Doc>);
  }
}

function lastThatFit<Doc>(docs: readonly Doc[]): Doc[] {
  let left = SAVED_MAX;
  let first = docs.length;
  while (first > 0 && left >= 0) {
    first -= 1;
    left -= JSON.stringify(docs[first]).length;
  }
  return docs.slice(left < 0 ? first + 1 : first);
}
