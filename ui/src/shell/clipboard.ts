// Text for the clipboard.

/** False where the browser does not allow it, so that the text can be selected instead. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
