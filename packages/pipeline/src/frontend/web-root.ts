import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** The folder of the built page: the one named, else `dist` of the installed package `@radtune/web`; undefined without a build. */
export function findWebRoot(named: string | undefined): string | undefined {
  const root = named || packagedRoot()
  return root !== undefined && existsSync(join(root, 'index.html')) ? root : undefined
}

function packagedRoot(): string | undefined {
  try {
    return join(dirname(createRequire(import.meta.url).resolve('@radtune/web/package.json')), 'dist')
  } catch {
    return undefined
  }
}
