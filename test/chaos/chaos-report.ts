import { readFile, writeFile } from 'node:fs/promises'
import type { ChaosResult, FaultResult } from './run-chaos.ts'

/** Results by kind: how many, and the worst times. */
export function kindsOf(results: readonly FaultResult[]) {
  return [...Map.groupBy(results, ({ kind }) => kind)]
    .map(([kind, group]) => ({
      kind,
      count: group.length,
      recoveryMs: Math.max(...group.map(({ recoveryMs }) => recoveryMs)),
      standstillMs: Math.max(...group.map(({ standstillMs }) => standstillMs)),
    }))
    .sort((a, b) => a.kind.localeCompare(b.kind))
}

/** The report of a run, for people. */
export function reportText(result: ChaosResult): string {
  const { seed, results, sums, violations, evidence, elapsedMs } = result
  const lines = [
    '',
    `seed ${seed}: ${results.length} faults in ${Math.round(elapsedMs / 1000)} s, ${sums.in} records: ` +
      `${sums.normal} normal, ${sums.critical} critical, ${sums.dirty} dirty, ${sums.duplicates} duplicates`,
    ...kindsOf(results).map(
      ({ kind, count, recoveryMs, standstillMs }) =>
        `  ${kind.padEnd(18)} ${String(count).padStart(3)} ×   back after at most ${seconds(recoveryMs)} s, standstill at most ${seconds(standstillMs)} s`,
    ),
    ...violations.slice(0, 20).map((violation) => `  VIOLATION  ${violation}`),
    ...(violations.length > 20 ? [`  and ${violations.length - 20} more`] : []),
    ...(evidence === undefined ? [] : [`kept  ${evidence}`]),
    violations.length === 0
      ? 'exact: nothing lost, nothing repeated'
      : `NOT exact: ${violations.length} violations`,
  ]
  return lines.join('\n')
}

/** Appends a run to the table of all runs, a file in Markdown. */
export async function recordRun(
  path: string,
  result: ChaosResult,
  { date, conditions }: { date: string; conditions: string },
): Promise<void> {
  const { seed, results, sums, violations, lost } = result
  const repeated = violations.filter((violation) => violation.startsWith('repeated')).length
  const kinds = kindsOf(results)
    .map(({ kind, count, standstillMs }) => `${kind} ${count} (${seconds(standstillMs)} s)`)
    .join(', ')
  const cells = [
    date,
    seed,
    results.length,
    conditions,
    sums.in,
    lost,
    repeated,
    violations.length - repeated,
    kinds,
  ]
  const text = await readFile(path, 'utf8')
  await writeFile(path, `${text.trimEnd()}\n| ${cells.join(' | ')} |\n`)
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1)
}
