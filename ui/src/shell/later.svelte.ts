// Fetches the panels of `parts.ts` when the first picture stands.

type Parts = typeof import('./parts');

class Later {
  parts = $state.raw<Parts | null>(null);
  private isAsked = false;

  load(): void {
    if (this.isAsked) return;
    this.isAsked = true;
    import('./parts').then(
      (parts) => (this.parts = parts),
      // The server is away: the next result asks again.
      () => (this.isAsked = false),
    );
  }
}

export const later = new Later();
