// The panels that a first look does without: one file, fetched once there is something to explain.

export { default as BrushCard } from './BrushCard.svelte';
export { default as CompareBar } from './CompareBar.svelte';
export { default as CapacityTick } from '../panels/CapacityTick.svelte';
export { default as CompareTable } from '../panels/CompareTable.svelte';
export { default as Events } from '../panels/Events.svelte';
export { default as Expiries } from '../panels/Expiries.svelte';
export { default as PathsTried } from '../panels/PathsTried.svelte';
export { default as PopMenu } from '../panels/PopMenu.svelte';
export { default as RestoreCard } from '../panels/RestoreCard.svelte';
export { default as Why } from '../panels/Why.svelte';
