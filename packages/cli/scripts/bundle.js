/*
 * Bundles the built program into dist/bundle: what a command needs comes in a few files instead of some 250, which halves what
 * `radtune --help` takes beside Node itself. Kafka and the screen stay packages: they are loaded by the commands that use them, and
 * the Kafka client is patched where it lies.
 */
import { glob, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

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
  external: ['ink', 'react', 'kafkajs', 'dockerode', 'systeminformation'],
  // Packages in CommonJS ask for Node's own modules by `require`.
  banner: {
    js: "import { createRequire as radtuneRequire } from 'node:module'; const require = radtuneRequire(import.meta.url);",
  },
  logLevel: 'warning',
})
