import { MONITOR_KEYS } from '../../packages/cli/src/tui/monitor-keys.ts'

/** docs/reference/monitor-keys.md: from the table that the screen and its help are made of. */
export function monitorKeysPage(): string {
  const rows = MONITOR_KEYS.filter(({ name }) => name !== '').map(({ name, does }) => `| ${name} | ${does} |`)
  return `# Keys of radtune monitor

No key changes the stack.

| key | does |
|---|---|
${rows.join('\n')}
`
}
