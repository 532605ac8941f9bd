import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { RadtuneError } from '@radtune/core/errors'
import { isPortFree } from './free-ports.ts'

/** Throws RT-LOCAL-007 for the first port of these services that another program listens on; `own` are those of our running stack. */
export async function checkPorts(
  services: readonly { name: string; ports: readonly number[] }[],
  own: ReadonlySet<number>,
): Promise<void> {
  const claimed = new Map<number, string>()
  for (const { name, ports } of services) {
    for (const port of ports) {
      const other = claimed.get(port)
      if (other !== undefined)
        throw new RadtuneError('RT-LOCAL-007', { what: `port ${port} is given to both ${other} and ${name}` })
      claimed.set(port, name)
      if (own.has(port) || (await isPortFree(port))) continue
      const owner = findPortOwner(port)
      throw new RadtuneError('RT-LOCAL-007', {
        what: `port ${port}, which ${name} needs, is in use${owner ? ` by ${owner.command} (pid ${owner.pid})` : ''}`,
        why: owner
          ? `127.0.0.1:${port} is listened on by pid ${owner.pid}: ${owner.commandLine}`
          : `listening on 127.0.0.1:${port} is refused, and the owner is not visible to this user`,
        fix: [
          'radtune up --port auto',
          ...(owner ? [`kill ${owner.pid}`] : [`lsof -iTCP:${port} -sTCP:LISTEN`]),
        ],
      })
    }
  }
}

/** The process that listens on a TCP port, where /proc lets this user see it. */
export function findPortOwner(
  port: number,
): { pid: number; command: string; commandLine: string } | undefined {
  const inodes = listeningInodes(port)
  if (inodes.size === 0) return undefined
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      for (const file of readdirSync(`/proc/${pid}/fd`)) {
        const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${file}`))?.[1]
        if (inode === undefined || !inodes.has(inode)) continue
        const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
        const command = readFileSync(`/proc/${pid}/comm`, 'utf8').trim()
        return { pid: Number(pid), command, commandLine: commandLine.slice(0, 200) }
      }
    } catch {
      // Another user's process, or one that has just ended.
    }
  }
  return undefined
}

function listeningInodes(port: number): Set<string> {
  const inodes = new Set<string>()
  const wanted = port.toString(16).toUpperCase().padStart(4, '0')
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    let text = ''
    try {
      text = readFileSync(table, 'utf8')
    } catch {
      continue
    }
    for (const line of text.split('\n').slice(1)) {
      const fields = line.trim().split(/\s+/)
      const inode = fields[9]
      // 0A is LISTEN.
      if (fields[1]?.endsWith(`:${wanted}`) && fields[3] === '0A' && inode !== undefined) inodes.add(inode)
    }
  }
  return inodes
}
