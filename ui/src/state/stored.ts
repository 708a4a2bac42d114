// What the browser keeps for this page. A browser that keeps nothing loses no more than that.

export function stored(key: string): string | null {
  try {
    return sessionStorage.getItem(key) ?? localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** Keeps a text for the next visit. */
export function keep(key: string, text: string): void {
  try {
    localStorage.setItem(key, text);
  } catch {
    // The next visit begins as the first did.
  }
}

/** Keeps a text until the tab is closed, so that a reload finds it. */
export function keepForTab(key: string, text: string): void {
  try {
    sessionStorage.setItem(key, text);
  } catch {
    // A reload begins anew.
  }
}
