import { expect, test } from 'vitest';

import { track } from '../model/testworld';
import type { Ring } from '../model/track';
import { FrameBudget } from './budget';
import { Camera, EARTH, type Point } from './camera';
import { DotIndex } from './dotindex';
import { linesOf } from './lines';
import { declutter, overlap, placeLabels } from './placing';
import { ringMarks } from './rings';
import { tapped } from './tapping';
import { amount } from './words';

test('a dot is found as a slow search finds it', () => {
  const count = 3000;
  const x = Float32Array.from({ length: count }, (_, dot) => (dot * 7919) % 997);
  const y = Float32Array.from({ length: count }, (_, dot) => (dot * 104729) % 499);
  const index = new DotIndex(x, y);
  for (let probe = 0; probe < 200; probe += 1) {
    const [px, py] = [(probe * 131) % 1010, (probe * 57) % 510];
    let best = -1;
    let far = 12;
    for (let dot = 0; dot < count; dot += 1) {
      const distance = Math.hypot(x[dot] - px, y[dot] - py);
      if (distance < far) [best, far] = [dot, distance];
    }
    expect(index.nearest(px, py, 12)).toBe(best);
  }
  const inside = [...x.keys()].filter((dot) => x[dot] >= 100 && x[dot] <= 200 && y[dot] <= 50);
  expect([...index.within(100, 0, 200, 50)]).toEqual(inside);
});

test('an empty world has no dots to find', () => {
  expect(new DotIndex(new Float32Array(0), new Float32Array(0)).nearest(0, 0, 10)).toBe(-1);
});

test('screen and plane are inverse to each other, and all dots are projected alike', () => {
  const camera = new Camera(1100, 776, EARTH, { k: 3, x: 10, y: -60 });
  const [x, y] = camera.toPlane(camera.toScreen([12, -34]));
  expect(x).toBeCloseTo(12);
  expect(y).toBeCloseTo(-34);
  const places: Point[] = [
    [8.7, 50.1],
    [-170, 64],
    [179, -17],
  ];
  const all = EARTH.projectAll({
    isMap: true,
    x: Float32Array.from(places, ([lon]) => lon),
    y: Float32Array.from(places, ([, lat]) => lat),
  });
  places.forEach((place, dot) => {
    expect(all.x[dot]).toBeCloseTo(EARTH.project(place)[0], 2);
    expect(all.y[dot]).toBeCloseTo(EARTH.project(place)[1], 2);
  });
});

test('the whole world fits, and no view looks past its edge', () => {
  const camera = new Camera(1100, 776, EARTH, undefined);
  const [left] = camera.toScreen([EARTH.box.left, 0]);
  expect(left).toBeGreaterThanOrEqual(9);
  expect(camera.bounded({ k: 1, x: 500, y: 500 })).toEqual(camera.home);
});

test('labels cover neither each other nor what is blocked', () => {
  const wishes = [0, 1, 2].map((site) => ({ x: 200 + site * 12, y: 200, radius: 8, width: 70 }));
  const blocked = [{ left: 190, right: 260, top: 170, bottom: 190 }];
  const boxes = placeLabels(wishes, [], 600, 400, blocked).map((place, site) => {
    expect(place).not.toBeNull();
    const left = wishes[site].x + place!.left;
    return { left, right: left + 70, bottom: wishes[site].y + place!.dy + 3 };
  });
  for (const box of boxes) {
    for (const other of boxes) {
      const isApart =
        box.right <= other.left ||
        other.right <= box.left ||
        Math.abs(box.bottom - other.bottom) >= 14;
      expect(box === other || isApart).toBe(true);
    }
  }
});

test('a client in the city of a site does not hide it', () => {
  const [moved, far] = declutter(
    [
      [100, 100],
      [300, 100],
    ],
    9,
    [[100, 100]],
    15,
  );
  expect(Math.hypot(moved[0] - 100, moved[1] - 100)).toBeGreaterThanOrEqual(15);
  expect(far).toEqual([300, 100]);
});

test('a tap means the nearest mark, a site first if it is very near', () => {
  const marks = {
    pops: [[100, 100]] as Point[],
    clients: [
      [116, 100],
      [60, 100],
    ] as Point[],
  };
  const at = (x: number) => {
    const found = tapped([x, 100], marks);
    return found && `${found.kind} ${found.place}`;
  };
  expect([88, 100, 109, 112, 113, 120, 132].map(at)).toEqual([
    'pop 0',
    'pop 0',
    'pop 0',
    'pop 0',
    'client 0',
    'client 0',
    'client 0',
  ]);
  expect([79, 76, 45, 44, 43, 133].map(at)).toEqual([
    'pop 0',
    'client 1',
    'client 1',
    'client 1',
    null,
    null,
  ]);
});

function ring(dot: number, expires: number): Ring {
  return { dot, stream: dot, site: 0, share: 1, event: 0, noticed: 10e6, expires, isKept: false };
}

test('rings close together become one badge, the first to run out told', () => {
  const places = new Map<number, Point>([
    [1, [100, 100]],
    [2, [110, 105]],
    [3, [400, 100]],
  ]);
  const marks = ringMarks([ring(1, 40e6), ring(2, 31e6), ring(3, 25e6)], 20e6, places);
  expect(marks.map(({ text }) => text).sort()).toEqual(['2 clients, next 11\u202fs', '5\u202fs']);
  expect(marks.find(({ arcs }) => arcs.length === 1)!.arcs[0].part).toBeCloseTo(1 / 3);
  expect(ringMarks([ring(1, 180e6)], 20e6, places)[0].text).toBe('2\u202fmin 40\u202fs');
});

test('of many rings none stands on another, and none is lost', () => {
  const rings = Array.from({ length: 200 }, (_, dot) => ring(dot, 30e6 + dot * 1e5));
  const places = new Map(
    rings.map(({ dot }): [number, Point] => [dot, [(dot * 7919) % 1100, (dot * 104729) % 700]]),
  );
  const marks = ringMarks(rings, 20e6, places);
  expect(marks.flatMap(({ arcs }) => arcs)).toHaveLength(200);
  for (const [place, { arcs, box }] of marks.entries()) {
    for (const other of marks.slice(place + 1)) {
      const least = Math.min(
        ...arcs.flatMap((a) => other.arcs.map((b) => Math.hypot(a.x - b.x, a.y - b.y))),
      );
      expect(least).toBeGreaterThanOrEqual(24);
      expect(overlap(box, other.box)).toBe(false);
    }
  }
});

test('who has the same fate in the other run has no line', () => {
  const [one, other] = [track(), track()];
  const streams = [{ fate: one.fate(0), share: 1 }];
  const known = { name: '', asn: 1, lat: 0, lon: 0, isUser: false, streams };
  const clients = [0, 1].map((dot) => ({ ...known, key: `${dot}`, dot, fate: one.fate(dot) }));
  const count = () => linesOf(clients, () => [0, 0], other).length;
  expect(count()).toBe(0);
  other.seek(1.6e6);
  expect(count()).toBe(2);
  expect(linesOf(clients, () => [0, 0])).toHaveLength(2);
});

test('before the health check has noticed, a ring shows the detection', () => {
  const [mark] = ringMarks([ring(1, 40e6)], 5e6, new Map([[1, [0, 0]]]));
  expect(mark.phase).toBe('detecting');
  expect(mark.arcs[0].part).toBe(0.5);
});

test('slow frames lower the detail after two seconds, pauses do not', () => {
  const budget = new FrameBudget();
  let now = 0;
  for (let frame = 0; frame < 20; frame += 1) budget.frame((now += 5000));
  expect(budget.level).toBe(0);
  for (let frame = 0; frame < 24; frame += 1) budget.frame((now += 100));
  expect(budget.level).toBe(1);
  budget.restore();
  for (let frame = 0; frame < 200; frame += 1) budget.frame((now += 16));
  expect(budget.level).toBe(0);
  expect(budget.medianMs()).toBe(16);
});

test('numbers have the digits that matter', () => {
  expect([72, 1234567, 3.14159, 42.06, Infinity].map(amount)).toEqual([
    '72',
    '1\u202f234\u202f567',
    '3.14',
    '42.1',
    '∞',
  ]);
});
