// Hands a file to the browser.

export function download(name: string, content: Blob | string, type = 'text/plain'): void {
  const blob =
    typeof content === 'string' ? new Blob([content], { type: `${type};charset=utf-8` }) : content;
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // The browser has opened it by then, and the memory is ours again.
  setTimeout(() => URL.revokeObjectURL(link.href), 30_000);
}
