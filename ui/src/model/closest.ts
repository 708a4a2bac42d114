// The known word that somebody probably meant.

/** The nearest of `known` by edits, if it is near enough to be meant. */
export function closest(word: string, known: string[]): string | null {
  const near = known
    .map((one) => ({ one, edits: distance(word, one) }))
    .filter(({ one, edits }) => edits <= Math.max(1, Math.floor(one.length / 3)));
  near.sort((a, b) => a.edits - b.edits);
  return near[0]?.one ?? null;
}

/** Insertions, deletions and changes of a letter that lead from one word to another. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, change));
    }
    row = next;
  }
  return row[b.length];
}
