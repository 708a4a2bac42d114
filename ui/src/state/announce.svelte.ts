// What screen readers are told: politely, at most one sentence in two seconds, the last one wins.

const APART_MS = 2000;

class Announcer {
  polite = $state('');
  assertive = $state('');
  private last = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  say(text: string): void {
    clearTimeout(this.timer);
    const wait = Math.max(0, this.last + APART_MS - Date.now());
    this.timer = setTimeout(() => {
      this.last = Date.now();
      // The same sentence twice is said twice only if it was gone in between.
      this.polite = '';
      setTimeout(() => (this.polite = text));
    }, wait);
  }

  /** The end of something, or a mistake: said at once. */
  insist(text: string): void {
    this.assertive = '';
    setTimeout(() => (this.assertive = text));
  }
}

export const announcer = new Announcer();
