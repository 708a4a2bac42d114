// The colours of the theme for canvases, which know no custom properties.

/** A colour with an opacity. Minifiers shorten `#ffffff` to `#fff`, so both are read. */
export function translucent(color: string, alpha: number): string {
  const hex = color.trim().replace('#', '');
  const full = hex.length === 3 ? [...hex].map((digit) => digit + digit).join('') : hex;
  const [red, green, blue] = [0, 2, 4].map((at) => Number.parseInt(full.slice(at, at + 2), 16));
  if ([red, green, blue].some(Number.isNaN)) return color;
  return `rgb(${red} ${green} ${blue} / ${alpha})`;
}

export interface Colors {
  ink: string;
  muted: string;
  accent: string;
  bad: string;
  ok: string;
  warn: string;
  line: string;
  card: string;
}

export function colorsOf(element: Element): Colors {
  const style = getComputedStyle(element);
  const read = (name: string) => style.getPropertyValue(`--${name}`).trim();
  const names = ['ink', 'muted', 'accent', 'bad', 'ok', 'warn', 'line', 'card'] as const;
  return Object.fromEntries(names.map((name) => [name, read(name)])) as unknown as Colors;
}
