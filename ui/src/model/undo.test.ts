import { expect, test } from 'vitest';

import { DEPTH, Undo } from './undo';

test('undo and redo go through the same documents', () => {
  const undo = new Undo<string>();
  undo.push('a');
  undo.push('b');
  expect([undo.canUndo, undo.canRedo]).toEqual([true, false]);
  expect(undo.undo('c')).toBe('b');
  expect(undo.undo('b')).toBe('a');
  expect(undo.undo('a')).toBeNull();
  expect(undo.redo('a')).toBe('b');
  expect(undo.redo('b')).toBe('c');
  expect(undo.redo('c')).toBeNull();
});

test('a new edit forgets what was undone', () => {
  const undo = new Undo<string>();
  undo.push('a');
  undo.undo('b');
  undo.push('a');
  expect(undo.canRedo).toBe(false);
  expect(undo.undo('c')).toBe('a');
});

test('it remembers so many steps and no more', () => {
  const undo = new Undo<number>();
  for (let step = 0; step < DEPTH + 10; step += 1) undo.push(step);
  let now: number | null = DEPTH + 10;
  let steps = 0;
  for (; now !== null; steps += 1) now = undo.undo(now);
  expect(steps - 1).toBe(DEPTH);
});

test('it survives a reload', () => {
  const undo = new Undo<string>();
  undo.push('a');
  undo.push('b');
  undo.undo('c');
  const loaded = new Undo<string>();
  loaded.load(undo.save());
  expect(loaded.redo('b')).toBe('c');
  expect(loaded.undo('c')).toBe('b');
  expect(loaded.undo('b')).toBe('a');
});
