import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { Asker, type Question } from './why.svelte';

interface Call {
  url: string;
  signal: AbortSignal;
  answer: (body: unknown, status?: number) => Promise<void>;
}

let calls: Call[] = [];

beforeEach(() => {
  calls = [];
  vi.useFakeTimers();
  vi.stubGlobal('fetch', (url: string, { signal }: { signal: AbortSignal }) => {
    return new Promise<Response>((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error));
      const answer = async (body: unknown, status = 200) => {
        resolve(new Response(JSON.stringify(body), { status }));
        await vi.advanceTimersByTimeAsync(0);
      };
      calls.push({ url, signal, answer });
    });
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function question(change: Partial<Question>): Question {
  return { hash: 'abc', run: 0, dot: 7, time: 1e6, isPlaying: false, ...change };
}

const wait = (ms: number) => vi.advanceTimersByTimeAsync(ms);

test('somebody who steps quickly asks once, for where they end', async () => {
  const asker = new Asker();
  for (const time of [1e6, 2e6, 3e6]) asker.ask(question({ time }));
  await wait(1000);
  expect(calls.map((call) => call.url)).toEqual([
    '/api/v1/results/abc/runs/0/why?dot=7&at_us=3000000',
  ]);
  await calls[0].answer({ dot: 7 });
  expect(asker.why).toEqual({ dot: 7 });
  asker.ask(question({ time: 3e6 }));
  await wait(1000);
  expect(calls).toHaveLength(1);
});

test('an older question is given up, and its answer comes to nothing', async () => {
  const asker = new Asker();
  asker.ask(question({ dot: 1 }));
  await wait(100);
  asker.ask(question({ dot: 2 }));
  expect(calls[0].signal.aborted).toBe(true);
  await wait(100);
  await calls[1].answer({ dot: 2 });
  await calls[0].answer({ dot: 1 });
  expect([asker.why, asker.problem]).toEqual([{ dot: 2 }, null]);
});

test('the answer about another dot is not shown while waiting', async () => {
  const asker = new Asker();
  asker.ask(question({ dot: 1 }));
  await wait(100);
  await calls[0].answer({ dot: 1 });
  asker.ask(question({ dot: 1, time: 5e6 }));
  expect(asker.why).not.toBeNull();
  asker.ask(question({ dot: 2 }));
  expect(asker.why).toBeNull();
});

test('while time runs it asks at most twice a second', async () => {
  const asker = new Asker();
  const frame = async (time: number) => {
    asker.ask(question({ time, isPlaying: true }));
    await wait(16);
    await calls.at(-1)?.answer({ dot: 7 });
  };
  for (let picture = 0; picture < 120; picture += 1) await frame(picture);
  // 120 pictures of 16 ms.
  expect(calls.length).toBeGreaterThan(2);
  expect(calls.length).toBeLessThanOrEqual(4);
});

test('a slow engine is left alone until time stands still', async () => {
  const asker = new Asker();
  asker.ask(question({ time: 1, isPlaying: true }));
  await wait(300);
  await calls[0].answer({ dot: 7 });
  for (let time = 2; time < 200; time += 1) {
    asker.ask(question({ time, isPlaying: true }));
    await wait(16);
  }
  expect(calls).toHaveLength(1);
  asker.ask(question({ time: 200 }));
  await wait(100);
  expect(calls).toHaveLength(2);
});

test('what goes wrong is shown, and can be asked again', async () => {
  const asker = new Asker();
  asker.ask(question({}));
  await wait(100);
  await calls[0].answer({ type: 'gone', title: 'The result was dropped', status: 404 }, 404);
  expect(asker.problem?.title).toBe('The result was dropped');
  expect(asker.loading).toBe(false);
  asker.again();
  asker.ask(question({}));
  await wait(100);
  await calls[1].answer({ dot: 7 });
  expect([asker.problem, asker.why]).toEqual([null, { dot: 7 }]);
});
