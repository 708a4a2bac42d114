import { expect, it } from 'vitest';

import { cellColors, contrastOf } from './heat';

it('can be read at every share, in both themes', () => {
  for (const isDark of [true, false]) {
    for (let share = 0; share <= 1; share += 0.01) {
      expect(contrastOf(cellColors(share, isDark)), `${share} ${isDark}`).toBeGreaterThan(4.5);
    }
  }
});

it('has other colours for other shares', () => {
  const shades = [0, 0.25, 0.5, 0.75, 1].map((share) => cellColors(share, true).background);
  expect(new Set(shades).size).toBe(5);
});
