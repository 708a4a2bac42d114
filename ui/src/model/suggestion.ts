// What a search for other announcements proposes, as changes of the list. The engine writes its
// plan as lines of a scenario file: `announce = { site = "fra", neighbor = 1299, prepend = 2 }` and
// `site.fra.prefixes = ["192.0.2.0/24"]`.

import type { SectionInfo } from '../engine/api';
import type { Change, Says } from './changes';

/** The change that a line asks for; `null` if the list has no such change. */
export function changeOfLine(line: string): Change | null {
  const prefixes = /^site\.([\w.-]+)\.prefixes = (\[.*\])$/.exec(line);
  if (prefixes) {
    const list = parsed(prefixes[2]);
    return Array.isArray(list)
      ? { kind: 'prefixes', site: prefixes[1], prefixes: list as string[] }
      : null;
  }
  const announce = /^announce = (\{.*\})$/.exec(line);
  // An inline table differs from JSON in how keys are written; strings hold no equals signs here.
  const found = announce && parsed(announce[1].replace(/([{,]\s*)(\w+) = /g, '$1"$2": '));
  if (typeof found !== 'object' || found === null) return null;
  const { site, neighbor, ...says } = found as Says;
  if (typeof site !== 'string' || typeof neighbor !== 'number') return null;
  const keys = Object.keys(says).join();
  if (keys === 'withdraw') return { kind: 'session', site, neighbor };
  if (keys === 'prepend') return { kind: 'prepend', site, neighbor, prepend: Number(says.prepend) };
  return { kind: 'announce', site, neighbor, says };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** All changes of a plan; `null` if one of them cannot be said in the list. */
export function changesOf(corrections: SectionInfo | null): Change[] | null {
  const lines = corrections?.columns[0]?.values ?? [];
  const changes = lines.map((line) => changeOfLine(String(line)));
  return changes.every((change) => change !== null) ? (changes as Change[]) : null;
}
