import { fileURLToPath } from 'node:url';
import tailwindcss from '@tailwindcss/vite';
import { defineConfig } from 'vite';
import { docsPlugin } from './docs/plugin.ts';

export default defineConfig({
  root: fileURLToPath(new URL('./', import.meta.url)),
  plugins: [tailwindcss(), docsPlugin(fileURLToPath(new URL('../', import.meta.url)))],
  build: {
    target: 'es2023',
    // The policy allows no `data:` script, style or font, and the API compresses what it serves.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      onLog: (level, log, handle) => {
        // Packages for servers mark what runs in browsers; here everything does.
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') handle(level, log);
      },
    },
  },
});
