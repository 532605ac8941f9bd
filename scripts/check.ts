import process from 'node:process'
import { findBorderViolations } from './room-borders.ts'
import { localProgram, projectDir, runProgram } from './run-program.ts'

/** `npm run check`: types, lint and format, dead code, borders between rooms, generated files. Runs all, then says which failed. */
const checks: { name: string; run: () => Promise<boolean> }[] = [
  { name: 'types', run: () => succeeds('tsc', ['--noEmit', '--pretty']) },
  { name: 'types of the page', run: () => succeeds('tsc', ['--noEmit', '--pretty', '-p', 'packages/web']) },
  { name: 'core without Node', run: () => succeeds('tsc', ['--noEmit', '--pretty', '-p', 'packages/core']) },
  { name: 'lint and format', run: () => succeeds('biome', ['check', '--error-on-warnings']) },
  { name: 'dead code', run: () => succeeds('knip', []) },
  { name: 'room borders', run: checkBorders },
  { name: 'generated docs', run: () => runsScript('generate-docs') },
  { name: 'generated compose files', run: () => runsScript('generate-compose') },
]

const failed: string[] = []
for (const { name, run } of checks) {
  const startedAt = performance.now()
  const ok = await run()
  if (!ok) failed.push(name)
  console.log(`${ok ? ' ok ' : 'FAIL'}  ${name}  ${((performance.now() - startedAt) / 1000).toFixed(1)}s`)
}
console.log(failed.length === 0 ? 'all checks passed' : `failed: ${failed.join(', ')}`)
process.exitCode = failed.length === 0 ? 0 : 1

async function succeeds(program: string, args: readonly string[]): Promise<boolean> {
  return (await runProgram(localProgram(program), args)) === 0
}

async function checkBorders(): Promise<boolean> {
  const violations = await findBorderViolations(projectDir)
  for (const { rule, from, to } of violations) console.log(`${rule}: ${from} imports ${to}`)
  return violations.length === 0
}

async function runsScript(name: string): Promise<boolean> {
  const script = ['--conditions=radtune-source', `scripts/${name}.ts`, '--check']
  return (await runProgram(process.execPath, script)) === 0
}
