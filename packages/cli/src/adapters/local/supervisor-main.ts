import { existsSync, mkdirSync, mkdtempSync, rmdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { openLogFile } from './log-file.ts'
import { readProcess } from './process-table.ts'
import { usualPatience } from './service.ts'
import { openStackGroups } from './stack-groups.ts'
import { Supervisor } from './supervisor.ts'
import { serveSupervisor } from './supervisor-server.ts'
import { readState, removeState, writeState } from './supervisor-state.ts'

/** Longest path of a unix socket that every system takes, in bytes. */
const LONGEST_SOCKET_PATH = 100
/** A supervisor that has nothing to look after for this long ends itself. */
const IDLE_MS = 15_000

/** Runs as a process of its own: `supervisor-main <.radtune/local> <working folder>`, detached from the command that starts it. */
async function main(localFolder: string, workingFolder: string): Promise<void> {
  process.umask(0o077)
  process.title = 'radtune-supervisor'
  mkdirSync(join(localFolder, 'logs'), { recursive: true })
  const logFile = openLogFile({
    path: join(localFolder, 'logs', 'supervisor.log'),
    maxBytes: 1024 * 1024,
    keep: 2,
  })
  const log = (text: string) => logFile.write([text])
  const { socketPath, removeSocket } = chooseSocket(localFolder)
  const self = { pid: process.pid, startToken: (await readProcess(process.pid))?.startToken ?? '' }
  const groups = await openStackGroups(localFolder)
  const save = () => {
    try {
      const services = supervisor.running.map(({ process: { name, graceMs }, pid, startToken }) => ({
        name,
        pid: pid ?? 0,
        startToken: startToken ?? '',
        graceMs,
      }))
      writeState(localFolder, {
        version: 1,
        supervisor: self,
        socket: socketPath,
        services,
        groups: groups.folders,
      })
    } catch (error) {
      log(`the state cannot be written: ${error}`)
    }
  }
  const supervisor = new Supervisor({
    localFolder,
    workingFolder,
    environment: serviceEnvironment(process.env),
    patience: usualPatience,
    groups,
    onChange: save,
  })
  const leave = async (code: number) => {
    await groups.remove().catch((error) => log(`the control groups cannot be removed: ${error}`))
    if (readState(localFolder)?.supervisor.pid === process.pid) removeState(localFolder)
    removeSocket()
    if (existsSync(localFolder)) log('ends')
    process.exit(code)
  }
  const stopAndLeave = () => void supervisor.stop(() => undefined).finally(() => leave(0))
  process.on('SIGTERM', stopAndLeave)
  process.on('SIGINT', stopAndLeave)
  process.on('SIGHUP', () => undefined)
  process.on('uncaughtException', (error) => {
    log(`fails: ${error.stack}`)
    supervisor.stop(() => undefined).finally(() => leave(1))
  })
  await serveSupervisor(supervisor, { socketPath, onStopped: () => setImmediate(() => void leave(0)), log })
  save()
  log(`listens on ${socketPath}, pid ${process.pid}; limits: ${groups.how}`)
  const isForgotten = () => readState(localFolder)?.supervisor.pid !== process.pid
  lookAfter(supervisor, { isForgotten, stopAndLeave })
}

/**
 * Samples once a second, and ends the supervisor when all that it had has ended, or when nobody can find it any more
 * because its folder was removed.
 */
function lookAfter(
  supervisor: Supervisor,
  { isForgotten, stopAndLeave }: { isForgotten: () => boolean; stopAndLeave: () => void },
): void {
  let idleSince = performance.now()
  setInterval(async () => {
    if (supervisor.busy || supervisor.alive) idleSince = performance.now()
    if (performance.now() - idleSince > IDLE_MS || isForgotten()) return stopAndLeave()
    await supervisor.sample().catch(() => undefined)
  }, 1000)
}

/** In the project; when its path is too long for a socket, in a folder of its own in the temporary folder. */
function chooseSocket(localFolder: string): { socketPath: string; removeSocket: () => void } {
  const near = join(localFolder, `supervisor-${process.pid}.sock`)
  if (Buffer.byteLength(near) <= LONGEST_SOCKET_PATH)
    return { socketPath: near, removeSocket: () => rmSync(near, { force: true }) }
  const folder = mkdtempSync(join(process.env.XDG_RUNTIME_DIR || tmpdir(), 'radtune-'))
  const socketPath = join(folder, 's')
  const removeSocket = () => {
    rmSync(socketPath, { force: true })
    if (dirname(socketPath) === folder) rmdirSync(folder)
  }
  return { socketPath, removeSocket }
}

/** What services take over from the shell: enough to find programs and speak a language, and the token of who may write; nothing else that changes what they do. */
function serviceEnvironment(environment: NodeJS.ProcessEnv): Record<string, string> {
  const kept =
    /^(PATH|HOME|USER|LOGNAME|LANG|LC_\w+|TZ|TMPDIR|JAVA_HOME|NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|RADTUNE_TOKEN)$/
  return Object.fromEntries(
    Object.entries(environment).filter((entry): entry is [string, string] => kept.test(entry[0])),
  )
}

const [localFolder, workingFolder] = process.argv.slice(2)
if (localFolder === undefined || workingFolder === undefined) {
  process.stderr.write('usage: supervisor-main <local folder> <working folder>\n')
  process.exit(2)
}
await main(localFolder, workingFolder)
