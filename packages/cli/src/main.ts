import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { boundHeap } from './adapters/host/bound-heap.ts'
import { runRadtune } from './run-radtune.ts'
import { createWorld } from './world.ts'

/** Runs the command line of this process and sets its exit code. A reader that went away (`| head`) is no error. */
export async function main(): Promise<void> {
  boundHeap()
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(0)
      throw error
    })
  }
  const exitCode = await runRadtune(process.argv.slice(2), {
    world: await createWorld(),
    root: findPackage(import.meta.dirname),
  })
  process.exitCode = exitCode
  // All is said. A connection to a broker that does not answer must not keep the command from ending.
  setTimeout(() => process.exit(), END_MS).unref()
}

/** The folder with the package's own package.json: the program runs bundled, two folders below it, or as compiled. */
function findPackage(folder: string): string {
  return existsSync(join(folder, 'package.json')) ? folder : findPackage(dirname(folder))
}

const END_MS = 2000
