import { expect, test } from 'vitest';

import { rehomed } from './screen';

test('rules for the page apply to what stands for it', () => {
  expect(rehomed(':root { --a: 1; }')).toBe('.picture-root { --a: 1; }');
  expect(rehomed(':root[data-theme="light"] { --a: 2; }')).toBe(
    '.picture-root[data-theme="light"] { --a: 2; }',
  );
  expect(rehomed('html, body, #app { height: 100%; }')).toBe(
    '.picture-root, .picture-body, #app { height: 100%; }',
  );
  expect(rehomed('@media print {\n  body { margin: 0; }\n}')).toBe(
    '@media print {\n  .picture-body { margin: 0; }\n}',
  );
});

test('names that only look alike stay', () => {
  const css = '.body { color: red; } tbody tr { color: red; } .html-note { color: red; }';
  expect(rehomed(css)).toBe(css);
});
