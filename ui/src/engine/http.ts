// The engine behind HTTP (`catchment serve`). The only file that talks to the network, and only to
// the server that the page came from.

import type {
  CityInfo,
  Daemon,
  Found,
  Info,
  Nearest,
  PlaceInfo,
  PlanAnswer,
  PlanQuestion,
  Problem,
  RunResult,
  RunState,
  ScenarioCard,
  ScenarioDoc,
  ScenarioFile,
  SiteConfig,
  Steering,
  Why,
} from './api';
import { readColumns, type Columns } from './columns';

/** The engine said no, and why. */
export class EngineProblem extends Error {
  constructor(readonly problem: Problem) {
    super(problem.title);
  }
}

/** Nobody answered. */
export class Offline extends Error {}

const BASE = '/api/v1';

async function request(path: string, init: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(BASE + path, init);
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new Offline(`no answer from the engine for ${path}`);
  }
  if (response.ok) return response;
  throw new EngineProblem(await problemOf(response));
}

async function problemOf(response: Response): Promise<Problem> {
  try {
    const problem = (await response.json()) as Problem;
    if (typeof problem.title === 'string') return problem;
  } catch {
    // Whatever stands before the engine answers in its own words.
  }
  const title = `The server answered ${response.status} ${response.statusText}`.trim();
  return { type: 'unknown', title, status: response.status, help: '', mistakes: [] };
}

/** Reads a body; a connection that breaks on the way is no answer. */
async function body<T>(response: Response, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if ((error as Error).name === 'AbortError') throw error;
    throw new Offline(`the answer broke off: ${response.url}`);
  }
}

async function json<T>(path: string, init?: RequestInit): Promise<T> {
  const response = await request(path, init);
  return body(response, () => response.json() as Promise<T>);
}

async function columns(path: string, signal?: AbortSignal): Promise<Columns> {
  const response = await request(path, { signal });
  return readColumns(await body(response, () => response.arrayBuffer()));
}

let renew: (() => Promise<void>) | null = null;
let renewing: Promise<void> | null = null;

/** Says how a result is made anew that the server does not have any more. */
export function onGone(handler: () => Promise<void>): void {
  renew = handler;
}

/** A question about a result. If the server has dropped it, it is made anew, once. */
async function ofResult<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    const isGone = error instanceof EngineProblem && error.problem.type === 'gone';
    if (!isGone || !renew) throw error;
    renewing ??= renew().finally(() => (renewing = null));
    await renewing;
    return ask();
  }
}

/** Remembers an answer, but not that there was none. */
function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | null = null;
  return () => {
    answer ??= ask();
    answer.catch(() => (answer = null));
    return answer;
  };
}

function post(body: unknown, signal?: AbortSignal): RequestInit {
  const headers = { 'content-type': 'application/json' };
  return { method: 'POST', headers, body: JSON.stringify(body), signal };
}

/** A whole µs, never the next one: what happens then has not happened yet. */
const micros = (at: number) => Math.floor(at);

export const info = () => json<Info>('/info');
export const scenarios = () => json<ScenarioCard[]>('/scenarios');
/** Every city with an airport, whichever world is open. Asked for once. */
export const cities = once(() => json<CityInfo[]>('/cities'));
export const scenario = (name: string) =>
  json<ScenarioFile>(`/scenarios/${encodeURIComponent(name)}`);
export const readScenario = (text: string) => json<ScenarioFile>('/scenarios/read', post({ text }));
export const writeScenario = (scenario: ScenarioDoc) =>
  json<ScenarioFile>('/scenarios/write', post({ scenario }));

/** Plays a scenario, once for each steering. Aborting the signal cancels the run on the server. */
export async function play(
  scenario: ScenarioDoc,
  steering: Steering[],
  onProgress: (state: RunState) => void,
  signal: AbortSignal,
): Promise<RunResult> {
  const hash = await run('/runs', { scenario, steering }, onProgress, signal);
  return json<RunResult>(`/results/${hash}`, { signal });
}

/** Answers a plan's question. Aborting the signal gives it up on the server. */
export async function plan(
  scenario: ScenarioDoc,
  question: PlanQuestion,
  onProgress: (state: RunState) => void,
  signal: AbortSignal,
): Promise<PlanAnswer> {
  const hash = await run('/plans', { scenario, question }, onProgress, signal);
  return json<PlanAnswer>(`/plans/${hash}`, { signal });
}

/** A table of a plan's answer, as a file. */
export async function planTable(
  hash: string,
  name: string,
  format: 'csv' | 'json' = 'csv',
): Promise<Blob> {
  const path = `/plans/${hash}/tables/${encodeURIComponent(name)}?format=${format}`;
  const response = await request(path);
  return body(response, () => response.blob());
}

/** Configuration of the sites' routers; with a scenario before, the lines of the change. */
export const configs = (
  scenario: ScenarioDoc,
  before: ScenarioDoc | null,
  daemon: Daemon,
  signal: AbortSignal,
) => json<SiteConfig[]>('/configs', post({ scenario, before, daemon }, signal));

/** Starts a job and waits for its end; gives the hash of what came of it. */
async function run(
  path: string,
  asked: unknown,
  onProgress: (state: RunState) => void,
  signal: AbortSignal,
): Promise<string> {
  let state = await json<RunState>(path, post(asked, signal));
  if (state.phase === 'queued' || state.phase === 'running') {
    onProgress(state);
    state = await follow(state, onProgress, signal);
  }
  if (state.phase === 'done' && state.result) return state.result;
  const cancelled: Problem = {
    type: 'cancelled',
    title: 'The run was cancelled',
    status: 499,
    help: '',
    mistakes: [],
  };
  throw new EngineProblem(state.problem ?? cancelled);
}

/** Listens to a run until it ends. */
function follow(
  state: RunState,
  onProgress: (state: RunState) => void,
  signal: AbortSignal,
): Promise<RunState> {
  return new Promise((resolve, reject) => {
    const stream = new EventSource(`${BASE}/runs/${state.id}/events`);
    const end = () => {
      stream.close();
      signal.removeEventListener('abort', cancel);
    };
    const cancel = () => {
      end();
      // Nobody waits for the answer, and a server that is gone has nothing to cancel.
      void fetch(`${BASE}/runs/${state.id}`, { method: 'DELETE' }).catch(() => undefined);
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', cancel);
    stream.addEventListener('progress', (event) => {
      onProgress(JSON.parse((event as MessageEvent<string>).data) as RunState);
    });
    stream.addEventListener('end', (event) => {
      end();
      resolve(JSON.parse((event as MessageEvent<string>).data) as RunState);
    });
    stream.addEventListener('error', () => {
      end();
      reject(new Offline('the engine stopped answering'));
    });
    if (signal.aborted) cancel();
  });
}

export const world = (hash: string, signal?: AbortSignal) =>
  ofResult(() => columns(`/results/${hash}/world`, signal));
export const places = (hash: string) =>
  ofResult(() => json<PlaceInfo[]>(`/results/${hash}/places`));
export const timeline = (hash: string, run: number, signal?: AbortSignal) =>
  ofResult(() => columns(`/results/${hash}/runs/${run}/timeline`, signal));
export const why = (hash: string, run: number, dot: number, at: number, signal?: AbortSignal) =>
  ofResult(() =>
    json<Why>(`/results/${hash}/runs/${run}/why?dot=${dot}&at_us=${micros(at)}`, { signal }),
  );
export const rtt = (hash: string, run: number, at: number, signal?: AbortSignal) =>
  ofResult(() => columns(`/results/${hash}/runs/${run}/layers/rtt?at_us=${micros(at)}`, signal));
export const ties = (hash: string, run: number, signal?: AbortSignal) =>
  ofResult(() => columns(`/results/${hash}/runs/${run}/layers/ties`, signal));
export const nearest = (hash: string, lat: number, lon: number) =>
  ofResult(() =>
    json<Nearest>(`/results/${hash}/nearest?lat=${lat.toFixed(4)}&lon=${lon.toFixed(4)}`),
  );
export const search = (hash: string, text: string, signal?: AbortSignal) =>
  ofResult(() =>
    json<Found[]>(`/results/${hash}/search?q=${encodeURIComponent(text)}`, { signal }),
  );
export const dot = (hash: string, which: number) =>
  ofResult(() => json<Found>(`/results/${hash}/dots/${which}`));

/** A table as the command line prints it, as a file. */
export async function table(
  hash: string,
  run: number,
  name: 'events' | 'catchment',
  format: 'csv' | 'json',
  at?: number,
): Promise<Blob> {
  const when = at === undefined ? '' : `&at_us=${micros(at)}`;
  const path = `/results/${hash}/runs/${run}/tables/${name}?format=${format}${when}`;
  return ofResult(async () => {
    const response = await request(path);
    return body(response, () => response.blob());
  });
}
