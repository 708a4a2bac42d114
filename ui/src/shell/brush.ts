// Turns what was brushed into clients: new ones at places on its land, or, in a world where every
// network is a client already, pins on those of its networks with most users.

import type { ClientDoc } from '../engine/api';
import * as engine from '../engine/http';
import * as edits from '../model/scenario';
import { plural } from '../model/format';
import { app, type Probe } from '../state/app.svelte';
import { player } from '../state/player.svelte';
import { frame } from './frame.svelte';
import { heaviest } from './heaviest';

/** More would cover the map. */
export const BRUSH_MAX = 100;

/** Makes clients of the brush, all of them one edit. Says how many there were. */
export async function makeClients(): Promise<void> {
  const { brush } = frame;
  const { result, world, doc } = app;
  if (!brush)
    return app.say('Drag over the map with Shift held down first: N makes clients there.');
  if (!result || !world || !doc) return;
  const wanted = Math.min(BRUSH_MAX, Math.max(1, Math.round(frame.brushCount) || 1));
  try {
    const made = result.world.has_clients ? await placed(wanted) : await pinned(wanted);
    if (made === 0) return app.say('Nobody can live in this brush: clients live on land.');
    frame.brush = null;
    const undo = { label: 'Undo', run: () => void app.undo() };
    if (result.world.has_clients) app.say(`${plural(made, 'client', 'clients')} added`, undo);
    else app.say(`${plural(made, 'network', 'networks')} pinned`);
  } catch (error) {
    app.say(`No clients were made: ${error instanceof Error ? error.message : String(error)}.`);
  }
}

async function placed(wanted: number): Promise<number> {
  const { result, doc, world } = app;
  const spots = frame.brush!.spots(wanted);
  const found = await Promise.all(
    spots.map(([lat, lon]) => engine.nearest(result!.hash, lat, lon)),
  );
  // Somebody else edited meanwhile: theirs counts, this one is asked for again.
  if (app.doc !== doc) throw new Error('the scenario has changed meanwhile');
  const clients = found.flatMap((near) => (near.client ? [near.client] : []));
  const asns = new Set(world!.asn);
  const add = (before: typeof doc & object, client: ClientDoc) =>
    edits.addClient(before, edits.withOwnAs(before, client, asns));
  if (clients.length > 0) await app.change(clients.reduce(add, doc!));
  return clients.length;
}

async function pinned(wanted: number): Promise<number> {
  const { result, world } = app;
  const dots = heaviest(frame.brush!.dots, world!.weight, wanted);
  const found = await Promise.all(dots.map((dot) => engine.dot(result!.hash, dot)));
  const pins = dots.map((dot, place): Probe => {
    const [lat, lon] = [world!.placeLat[world!.place[dot]], world!.placeLon[world!.place[dot]]];
    return { dot, asn: world!.asn[dot], lat: lat ?? 0, lon: lon ?? 0, text: found[place].label };
  });
  app.probes = [...app.probes.filter((old) => !dots.includes(old.dot)), ...pins];
  // Draws them, and writes them into the address.
  player.seek(player.time);
  return pins.length;
}
