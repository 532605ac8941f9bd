import { type BenchPlan, type BenchReport, parseBenchReport, whyNotComparable } from '@radtune/core/bench'
import { RadtuneError } from '@radtune/core/errors'
import type { Files } from '../ports/files.ts'

/** Where a report goes when nobody says: `.radtune/bench/2026-11-29T20-31-07Z.json`. */
export function defaultReportPath(projectDir: string, at: number): string {
  const time = `${new Date(at).toISOString().slice(0, 19).replaceAll(':', '-')}Z`
  return `${projectDir}/.radtune/bench/${time}.json`
}

/** Throws RT-BENCH-005 when there is something at a path that a report is to go to. */
export async function refuseOverwriting(files: Files, path: string): Promise<void> {
  if ((await files.kind(path)) !== 'missing')
    throw new RadtuneError('RT-BENCH-005', { what: `${path} is there already` })
}

/** Reads a report to compare with. Throws RT-BENCH-004 when it is missing, of another kind, or of something else than is planned. */
export async function readReport(files: Files, path: string, plan: BenchPlan): Promise<BenchReport> {
  const refuse = (why: string): never => {
    throw new RadtuneError('RT-BENCH-004', { what: `${path} cannot be compared with`, why })
  }
  const text = await files.read(path).catch((error: Error) => refuse(error.message))
  if (text === undefined) return refuse('it does not exist')
  const parsed = parseBenchReport(text)
  if (!parsed.ok) return refuse(parsed.problem)
  const why = whyNotComparable(parsed.report, plan)
  return why === undefined ? parsed.report : refuse(why)
}

export async function writeReport(files: Files, path: string, report: BenchReport): Promise<void> {
  await files.write(path, `${JSON.stringify(report, null, 2)}\n`)
}
