import { type ComposeNode, entryOf, textOf } from './compose-node.ts'

/** Keys whose list form (`- A=1`, `- service`) means the same as a map. */
export function keyedAsMap(key: string): boolean {
  return [
    'environment',
    'labels',
    'annotations',
    'depends_on',
    'networks',
    'args',
    'extra_hosts',
    'sysctls',
  ].includes(key)
}

export interface PortParts {
  target: string
  published: string | undefined
  hostIp: string | undefined
  protocol: string
}

/** Reads `127.0.0.1:8080-8081:80/tcp` or the long form of a port; undefined when it is neither. */
export function readPort(node: ComposeNode): PortParts | undefined {
  if (node.kind === 'map') {
    const target = textOf(entryOf(node, 'target'))
    if (target === undefined) return undefined
    return {
      target,
      published: textOf(entryOf(node, 'published')),
      hostIp: textOf(entryOf(node, 'host_ip')),
      protocol: textOf(entryOf(node, 'protocol')) ?? 'tcp',
    }
  }
  const match = /^(?:(?:(\[[^\]]*\]|[^:\s[\]]+):)?([\d-]*):)?(\d+(?:-\d+)?)(?:\/(\w+))?$/.exec(
    textOf(node) ?? '',
  )
  if (match?.[3] === undefined) return undefined
  const [, hostIp, published, target, protocol = 'tcp'] = match
  return {
    target,
    published: published === '' ? undefined : published,
    hostIp: hostIp?.replace(/^\[|\]$/g, ''),
    protocol,
  }
}

export interface VolumeParts {
  type: string
  source: string | undefined
  target: string
  readOnly: boolean
}

/** Reads `./data:/data:ro`, `data:/data`, `/data` or the long form of a volume; undefined when it is none of them. */
export function readVolume(node: ComposeNode): VolumeParts | undefined {
  if (node.kind === 'map') {
    const target = textOf(entryOf(node, 'target'))
    if (target === undefined) return undefined
    return {
      type: textOf(entryOf(node, 'type')) ?? 'volume',
      source: textOf(entryOf(node, 'source')),
      target,
      readOnly: textOf(entryOf(node, 'read_only')) === 'true',
    }
  }
  const text = textOf(node)
  if (text === undefined) return undefined
  const [first = '', second, mode] = text.split(':')
  if (second === undefined) return { type: 'volume', source: undefined, target: first, readOnly: false }
  const isPath = /^[./~]/.test(first)
  return {
    type: isPath ? 'bind' : 'volume',
    source: first,
    target: second,
    readOnly: (mode ?? '').split(',').includes('ro'),
  }
}

/** What makes two entries of a list the same thing, so that the later one replaces the earlier. */
export function identityOf(item: ComposeNode, key: string): string {
  switch (key) {
    case 'ports': {
      const port = readPort(item)
      return port === undefined
        ? plain(item)
        : `${port.hostIp ?? ''}:${port.published ?? ''}:${port.target}/${port.protocol}`
    }
    case 'volumes':
      return readVolume(item)?.target ?? plain(item)
    case 'secrets':
    case 'configs':
      return textOf(entryOf(item, 'target') ?? entryOf(item, 'source') ?? item) ?? plain(item)
    case 'env_file':
      return textOf(entryOf(item, 'path') ?? item) ?? plain(item)
    default:
      return plain(item)
  }
}

function plain(node: ComposeNode): string {
  switch (node.kind) {
    case 'scalar':
      return JSON.stringify(node.value)
    case 'list':
      return `[${node.items.map(plain).join()}]`
    case 'map':
      return `{${[...node.entries].map(([key, { value }]) => `${key}:${plain(value)}`).join()}}`
  }
}

/** Splits a command line into words as a shell would, without expanding anything. */
export function splitWords(text: string): string[] {
  const words: string[] = []
  const pattern = /\s*((?:"(?:\\.|[^"\\])*"|'[^']*'|\\.|[^\s"'\\])+)/gy
  for (const [, word = ''] of text.matchAll(pattern))
    words.push(
      word.replace(/"((?:\\.|[^"\\])*)"|'([^']*)'|\\(.)/g, (_, double, single, escaped) =>
        double !== undefined ? double.replace(/\\(["\\$`])/g, '$1') : (single ?? escaped),
      ),
    )
  return words
}
