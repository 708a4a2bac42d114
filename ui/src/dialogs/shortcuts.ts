// What single keys do, for people. What does it: ../shell/keys.ts.

export interface Shortcut {
  keys: string;
  text: string;
}

export const SHORTCUTS: { title: string; list: Shortcut[] }[] = [
  {
    title: 'Time',
    list: [
      { keys: 'Space', text: 'play or pause' },
      { keys: ', .', text: 'one change back or on' },
      { keys: 'Shift+, Shift+.', text: 'previous or next change of what is selected' },
      { keys: 'Home End', text: 'to the start, to the end' },
      { keys: '[ ]', text: 'slower, faster' },
      { keys: 'B', text: 'begin a loop here, end it here, loop no more' },
    ],
  },
  {
    title: 'Network',
    list: [
      { keys: '1 … 8', text: 'fail or restore PoP 1 to 8 of the list of loads: west to east' },
      { keys: 'R', text: 'restore all PoPs' },
      { keys: 'C', text: 'add a client by city' },
      { keys: 'X', text: 'crosshair: arrows move it, Enter adds a client' },
      {
        keys: 'Shift+drag',
        text: 'brush a part of the map; with the crosshair, Shift+Enter at two corners',
      },
      { keys: 'N', text: 'make clients of the brush' },
      { keys: 'Shift+A', text: 'add a PoP' },
      { keys: 'I', text: 'menu of the PoP in focus' },
      {
        keys: 'Alt+arrows',
        text: 'move the PoP, or the client of yours, in focus; Shift: farther',
      },
      { keys: 'M', text: 'next mode: Anycast, GeoDNS, Compare' },
      { keys: 'D', text: 'compare, and back' },
      { keys: 'Ctrl+Z  Shift+Ctrl+Z', text: 'undo, redo (⌘ on a Mac)' },
    ],
  },
  {
    title: 'Looking',
    list: [
      { keys: '+ − 0', text: 'closer, farther, whole world' },
      { keys: '← ↑ → ↓', text: 'move the map' },
      { keys: 'F', text: 'fit the selection' },
      { keys: 'L', text: 'next layer' },
      { keys: 'W', text: 'why this PoP?' },
      { keys: '/', text: 'search AS, city, client' },
      { keys: 'T', text: 'dark or light' },
    ],
  },
  {
    title: 'Page',
    list: [
      { keys: 'P', text: 'Plan, and back to Simulate' },
      { keys: 'S', text: 'share' },
      { keys: 'E', text: 'export' },
      { keys: 'O', text: 'scenarios' },
      { keys: '?', text: 'this list' },
      { keys: 'Esc', text: 'cancel a run, close, deselect' },
    ],
  },
];
