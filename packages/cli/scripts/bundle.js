/*
 * Bundles the built program into dist/bundle: what every command needs comes in a few files instead of some 250, which halves what
 * `radtune --help` takes beside Node itself. Packages that only some commands load stay packages.
 */
import { glob, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import manifest from '../package.json' with { type: 'json' }

/** Loaded by every command. */
const BUNDLED = ['@oclif/core', '@radtune/core', 'yaml', 'zod']

const dist = join(dirname(fileURLToPath(import.meta.url)), '..', 'dist')
const commands = await Array.fromAsync(glob('commands/**/*.js', { cwd: dist }))
await rm(join(dist, 'bundle'), { recursive: true, force: true })
await build({
  absWorkingDir: dist,
  entryPoints: {
    main: 'main.js',
    'supervisor-main': 'adapters/local/supervisor-main.js',
    ...Object.fromEntries(commands.map((file) => [file.slice(0, -'.js'.length), file])),
  },
  outdir: 'bundle',
  bundle: true,
  splitting: true,
  minifySyntax: true,
  minifyWhitespace: true,
  format: 'esm',
  platform: 'node',
  target: 'node22',
  external: Object.keys(manifest.dependencies).filter((name) => !BUNDLED.includes(name)),
  // Packages in CommonJS ask for Node's own modules by `require`.
  banner: {
    js: "import { createRequire as radtuneRequire } from 'node:module'; const require = radtuneRequire(import.meta.url);",
  },
  logLevel: 'warning',
})
