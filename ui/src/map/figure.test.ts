import { expect, test } from 'vitest';

import { LOOPING, NO_ROUTE, STALE } from '../engine/columns';
import { isHatched } from './points';
import { svgOf, escaped } from './strokes';

test('strokes as SVG: paths with their look, texts with their rim, nothing that breaks out', () => {
  const text = svgOf([
    { d: 'M0,0L1,1', x: 1.234567, y: 2, stroke: '#f00', width: 2, dash: [3, 2] },
    { text: '<Köln & Co>', x: 5, y: 6, color: '#000', anchor: 'middle', rim: '#fff' },
  ]);
  expect(text).toContain('transform="translate(1.23,2)" d="M0,0L1,1" fill="none" stroke="#f00"');
  expect(text).toContain('stroke-dasharray="3 2"');
  expect(text).toContain('paint-order="stroke">&lt;Köln &amp; Co&gt;</text>');
  expect(escaped('a<b')).toBe('a&lt;b');
});

test('half a mark is cut at its middle', () => {
  const text = svgOf([{ d: 'M-5,-5H5V5H-5Z', x: 50, y: 60, fill: '#0f0', isHalf: true }]);
  expect(text).toContain('y="60"');
  expect(text).toContain('viewBox="-40 0 80 40"');
});

test('each kind of fate that is not served has a hatch of its own', () => {
  const square = (fate: number) =>
    Array.from({ length: 900 }, (_, at) => isHatched(fate, at % 30, Math.floor(at / 30), 1));
  const [stale, loop, none] = [STALE | 3, LOOPING, NO_ROUTE].map(square);
  for (const hatch of [stale, loop, none]) {
    const share = hatch.filter(Boolean).length / hatch.length;
    expect(share).toBeGreaterThan(0.05);
    expect(share).toBeLessThan(0.6);
  }
  expect(stale).not.toEqual(loop);
  expect(loop).not.toEqual(none);
  // Stripes of dead sites are slanted: the next line is the same one to the left.
  expect(stale.slice(31, 59)).toEqual(stale.slice(2, 30));
  // On a finer screen the same stripes, of more pixels.
  expect(isHatched(STALE, 2, 2, 2)).toBe(isHatched(STALE, 1, 1, 1));
});
