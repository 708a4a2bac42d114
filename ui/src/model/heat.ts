// Colours of cells by how much there is: one hue that gets lighter or darker, so that grey print
// and all kinds of sight tell more from less; the ink follows the luminance of its ground.

export interface Shade {
  background: string;
  ink: string;
}

type Rgb = [number, number, number];

const STOPS: Record<'dark' | 'light', Rgb[]> = {
  dark: [
    [38, 50, 79],
    [120, 95, 75],
    [246, 160, 60],
  ],
  light: [
    [240, 243, 250],
    [243, 201, 150],
    [176, 82, 10],
  ],
};

/** The relative luminance of WCAG 2. */
function luminance(color: Rgb): number {
  const [r, g, b] = color.map((channel) => {
    const value = channel / 255;
    return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** Contrast of two luminances by WCAG 2. */
const contrast = (a: number, b: number) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);

const DARK_INK: Rgb = [0, 0, 0];
const LIGHT_INK: Rgb = [255, 255, 255];
const css = (color: Rgb) => `rgb(${color.map(Math.round).join(' ')})`;

/** Ground and ink of a cell; `share` is its part of the highest value, 0 to 1. */
export function cellColors(share: number, isDark: boolean): Shade {
  const stops = STOPS[isDark ? 'dark' : 'light'];
  const at = Math.min(1, Math.max(0, share)) * (stops.length - 1);
  const from = Math.min(stops.length - 2, Math.floor(at));
  const ground = stops[from].map(
    (channel, index) => channel + (stops[from + 1][index] - channel) * (at - from),
  ) as Rgb;
  const own = luminance(ground);
  const isLight = contrast(own, luminance(LIGHT_INK)) > contrast(own, luminance(DARK_INK));
  return { background: css(ground), ink: css(isLight ? LIGHT_INK : DARK_INK) };
}

/** For tests: how well ink can be read on its ground. */
export function contrastOf({ background, ink }: Shade): number {
  const parse = (text: string) => text.match(/\d+/g)!.map(Number) as Rgb;
  return contrast(luminance(parse(background)), luminance(parse(ink)));
}
