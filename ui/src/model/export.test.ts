import { expect, test } from 'vitest';

import { captionLines, catchmentRemark } from './export';
import { report, result } from './testworld';

test('a picture says what it is of: scenario, time, mode, rules, world, seed, engine, result', () => {
  const [first, second] = captionLines(result(), report({ steering: 'geodns' }), 90.5e6);
  expect(first).toBe('test · t = 1\u202fmin 30.5\u202fs · GeoDNS · Policy BGP');
  expect(second).toBe('three · seed 1 · Catchment 0.1.0 · result abc');
  const textbook = { ...result(), rules: [{ name: 'decision', value: 'textbook' }] };
  const of = textbook as unknown as ReturnType<typeof result>;
  expect(captionLines(of, report(), 0)[0]).toBe('test · t = 0\u202fs · Anycast · Textbook rules');
});

test('the table of routes says what its sites mean where DNS has a part', () => {
  expect(catchmentRemark(report())).toBeNull();
  expect(catchmentRemark(report({ steering: 'geodns' }))).toContain('site is where BGP would take');
  expect(catchmentRemark(report({ steering: 'hybrid' }))).toContain('prefix of the row');
});
