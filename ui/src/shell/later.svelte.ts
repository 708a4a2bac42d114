// Fetches the panels of `parts.ts` when the first picture stands.

type Parts = typeof import('./parts');

class Later {
  parts = $state.raw<Parts | null>(null);
  private isAsked = false;

  load(): void {
    if (this.isAsked) return;
    this.isAsked = true;
    import('./parts').then(
      (parts) => {
        this.parts = parts;
        // Who presses `/` or C types on at once.
        void import('../dialogs/Search.svelte');
        void import('../dialogs/AddClient.svelte');
      },
      // The server is away: the next result asks again.
      () => (this.isAsked = false),
    );
  }
}

export const later = new Later();
