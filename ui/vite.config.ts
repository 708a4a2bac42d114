import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

import { smallAtlas } from './atlas';

// `npm run dev` shows changes at once; it asks a running `catchment serve` for everything else.
const engine = process.env.CATCHMENT_SERVER ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [smallAtlas(), svelte()],
  build: { target: 'es2022', assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  // The engine answers nobody but its own page, so here the page passes for that.
  server: {
    proxy: { '/api': { target: engine, changeOrigin: true, headers: { origin: engine } } },
  },
});
