import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import kafkajs, { type Admin } from 'kafkajs'
import { describe, expect, it } from 'vitest'
import { type Envelope, runJson, runRadtune, withProject } from './radtune.ts'

const GIB = 1024 ** 3
const TOPIC = 2

/** Items that are not in sync, in the same words from text and JSON, whose exit codes are the same. */
async function drift(
  project: string,
  args: readonly string[] = [],
): Promise<{ said: string[]; exitCode: number }> {
  const text = await runRadtune(project, ['drift', ...args])
  const { document, result } = await runJson(project, ['drift', ...args])
  expect([result.code, document.exitCode]).toEqual([text.code, text.code])
  const items = (document.data.items as Item[]).filter(
    ({ state }) => !['in sync', 'not applicable'].includes(state),
  )
  for (const { path, state } of items) if (state !== 'unchecked') expect(text.stdout).toContain(path)
  return {
    said: items
      .map(({ state, path, wanted, found }) => `${state} ${path}: ${wanted ?? '-'} → ${found ?? '-'}`)
      .sort(),
    exitCode: document.exitCode,
  }
}

interface Item {
  state: string
  path: string
  wanted: string | null
  found: string | null
}

interface Status {
  services: { name: string; pid: number; limits: { enforced: boolean } }[]
}

async function statusOf(project: string): Promise<Status> {
  return (await runJson(project, ['status'])).document.data
}

/** Writes a memory limit into the control group of a process, as somebody with a shell would. */
function limitByHand(pid: number, bytes: number): void {
  const lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8').trim().split('\n')
  const pathOf = (name: string) =>
    lines.map((line) => line.split(':')).find(([, of]) => of?.split(',').includes(name))?.[2]
  const memory = pathOf('memory')
  if (memory === undefined) writeFileSync(`/sys/fs/cgroup${pathOf('')}/memory.max`, String(bytes))
  else writeFileSync(`/sys/fs/cgroup/memory${memory}/memory.limit_in_bytes`, String(bytes))
}

async function withAdmin(up: Envelope, use: (admin: Admin) => Promise<unknown>): Promise<void> {
  const kafka = new kafkajs.Kafka({
    brokers: [`127.0.0.1:${up.data.ports.kafka}`],
    logLevel: kafkajs.logLevel.NOTHING,
  })
  const admin = kafka.admin()
  await admin.connect()
  try {
    await use(admin)
  } finally {
    await admin.disconnect()
  }
}

async function publishByHand(up: Envelope, key: string, value: number): Promise<void> {
  const kafka = new kafkajs.Kafka({
    brokers: [`127.0.0.1:${up.data.ports.kafka}`],
    logLevel: kafkajs.logLevel.NOTHING,
  })
  const producer = kafka.producer()
  await producer.connect()
  const record = { partition: 0, key, value: JSON.stringify({ value, by: 'somebody', at: Date.now() }) }
  await producer.send({ topic: 'radtune.settings', messages: [record] })
  await producer.disconnect()
}

async function launchWithoutDrift(
  project: string,
  profile: string,
): Promise<{ up: string[]; document: Envelope }> {
  const up = ['up', '--profile', profile, '--port', 'auto']
  const { document } = await runJson(project, up)
  expect(document.exitCode).toBe(0)
  await runRadtune(project, ['generate', '--profile', profile])
  const { services } = await statusOf(project)
  const enforced = services.every(({ limits }) => limits.enforced)
  const { said, exitCode } = await drift(project, enforced ? ['--strict'] : [])
  expect(exitCode, said.join('\n')).toBe(0)
  if (enforced) expect(said).toEqual([])
  return { up, document }
}

describe('drift of a stack on real Kafka', () => {
  it('4c8g has none when it is freshly launched', { timeout: 400_000 }, async () => {
    await withProject((project) => launchWithoutDrift(project, '4c8g'))
  })

  it('2c4g has none either; what is changed by hand is found, and radtune up takes it back', {
    timeout: 600_000,
  }, async () => {
    await withProject(async (project) => {
      const { up, document } = await launchWithoutDrift(project, '2c4g')
      const live = ['--only', 'services', '--only', 'kafka', '--only', 'settings']
      const worker = (await statusOf(project)).services.find(({ name }) => name === 'worker-1')
      const enforced = worker?.limits.enforced === true

      await withAdmin(document, async (admin) => {
        await admin.alterConfigs({
          validateOnly: false,
          resources: [
            {
              type: TOPIC,
              name: 'dirty-data',
              // What is not named is taken away.
              configEntries: [
                { name: 'retention.ms', value: '3600000' },
                { name: 'segment.ms', value: '3600000' },
                { name: 'segment.bytes', value: '1073741824' },
                { name: 'retention.bytes', value: '1073741824' },
                { name: 'cleanup.policy', value: 'delete' },
              ],
            },
          ],
        })
      })
      await publishByHand(document, 'producer.main.linger', 77)
      if (enforced) limitByHand(worker?.pid ?? 0, GIB / 2)
      const byHand = [
        'changed settings.producer.main.linger: 10 ms → 77 ms',
        'changed topics.dirty-data.retention.ms: 24h → 1h',
        ...(enforced ? ['changed worker-1.memory: 921.6 MiB (966367641 bytes) → 512 MiB'] : []),
      ]
      expect(await drift(project, live)).toEqual({ said: byHand, exitCode: 3 })

      const before = (await statusOf(project)).services.map(({ pid }) => pid)
      expect((await runJson(project, up)).document).toMatchObject({ exitCode: 0, data: { how: 'changed' } })
      expect((await statusOf(project)).services.map(({ pid }) => pid)).toEqual(before)
      expect(await drift(project, enforced ? [...live, '--strict'] : live)).toMatchObject({ exitCode: 0 })

      mkdirSync(join(project, '.radtune'), { recursive: true })
      expect((await runJson(project, ['set', 'producer.main.linger=25ms'])).document.exitCode).toBe(0)
      expect((await drift(project, live)).exitCode).toBe(0)

      await withAdmin(document, (admin) =>
        admin.createPartitions({ topicPartitions: [{ topic: 'critical-data', count: 12 }] }),
      )
      expect((await drift(project, live)).said).toEqual(['changed topics.critical-data.partitions: 3 → 12'])

      await runRadtune(project, ['down'])
      const gone = await drift(project, live)
      expect(gone.exitCode).toBe(4)
      expect(gone.said.every((one) => one.startsWith('unchecked '))).toBe(true)
    })
  })
})
