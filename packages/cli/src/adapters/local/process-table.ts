import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

/** One process as the system lists it. */
export interface ProcessEntry {
  pid: number
  parentPid: number
  groupPid: number
  /** Together with the pid it names one process for ever: a pid alone is used again. */
  startToken: string
  residentBytes: number
  /** CPU time used since its start. */
  cpuMs: number
}

/** All processes that this user can see, zombies left out. Linux reads /proc, macOS asks ps. */
export async function readProcessTable(): Promise<ProcessEntry[]> {
  if (process.platform !== 'linux') return parsePs(await runPs(['-axo', PS_COLUMNS]))
  const entries: ProcessEntry[] = []
  for (const name of readdirSync('/proc')) {
    const entry = /^\d+$/.test(name) ? readProcEntry(Number(name)) : undefined
    if (entry) entries.push(entry)
  }
  return entries
}

/** The process of that pid, or undefined when there is none or it is a zombie. */
export async function readProcess(pid: number): Promise<ProcessEntry | undefined> {
  if (process.platform === 'linux') return readProcEntry(pid)
  return parsePs(await runPs(['-o', PS_COLUMNS, '-p', String(pid)]))[0]
}

/** Whether the very process that had this pid and start still runs. */
export async function isSameProcess({
  pid,
  startToken,
}: {
  pid: number
  startToken: string
}): Promise<boolean> {
  return (await readProcess(pid))?.startToken === startToken
}

/** Value of a variable in the environment that a process was started with; undefined where the system does not tell. */
export function readEnvironmentOf(pid: number, name: string): string | undefined {
  try {
    const entries = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
    return entries.find((entry) => entry.startsWith(`${name}=`))?.slice(name.length + 1)
  } catch {
    return undefined
  }
}

/** Sends a signal to every process of a group; false when the group is empty. */
export function signalGroup(groupPid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(-groupPid, signal)
    return true
  } catch {
    return false
  }
}

let bootId: string | undefined

function readProcEntry(pid: number): ProcessEntry | undefined {
  let text: string
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return undefined
  }
  // The name is in brackets and may hold anything, brackets and spaces included.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  if (fields[0] === 'Z' || fields[0] === 'X') return undefined
  const number = (field: number) => Number(fields[field - 3])
  bootId ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  return {
    pid,
    parentPid: number(4),
    groupPid: number(5),
    startToken: `${bootId}/${fields[22 - 3]}`,
    residentBytes: number(24) * PAGE_BYTES,
    cpuMs: (number(14) + number(15)) * MS_PER_TICK,
  }
}

/** USER_HZ is 100 on every Linux that Node runs on. */
const MS_PER_TICK = 10
/** Pages of 4 KiB; 64-bit ARM may use others, and then says so in the auxiliary vector. */
const PAGE_BYTES = readPageBytes()

function readPageBytes(): number {
  try {
    const words = readFileSync('/proc/self/auxv')
    for (let at = 0; at + 16 <= words.length; at += 16) {
      if (words.readBigUInt64LE(at) === 6n) return Number(words.readBigUInt64LE(at + 8))
    }
  } catch {
    // Not Linux.
  }
  return 4096
}

const PS_COLUMNS = 'pid=,ppid=,pgid=,rss=,time=,lstart=,stat='

function runPs(args: string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile('ps', args, { env: { ...process.env, LC_ALL: 'C' } }, (_error, stdout) => resolve(stdout))
  })
}

/** Lines such as `  812   1   812  10240   0:01.52 Tue Nov 24 01:44:58 2026 Ss`. */
export function parsePs(text: string): ProcessEntry[] {
  const entries: ProcessEntry[] = []
  for (const line of text.split('\n')) {
    const fields = line.trim().split(/\s+/)
    if (fields.length < 11 || fields[10]?.startsWith('Z')) continue
    const [pid, parentPid, groupPid, residentKiB] = fields.slice(0, 4).map(Number)
    entries.push({
      pid: pid ?? 0,
      parentPid: parentPid ?? 0,
      groupPid: groupPid ?? 0,
      residentBytes: (residentKiB ?? 0) * 1024,
      cpuMs: parseCpuTime(fields[4] ?? ''),
      startToken: fields.slice(5, 10).join(' '),
    })
  }
  return entries
}

/** `[[days-]hours:]minutes:seconds[.hundredths]` → milliseconds. */
function parseCpuTime(text: string): number {
  const [days, clock] = text.includes('-') ? text.split('-') : ['0', text]
  const seconds = (clock ?? '').split(':').reduce((sum, part) => sum * 60 + Number(part), 0)
  return Math.round((Number(days) * 86_400 + seconds) * 1000)
}
