import { readSettingRecord, SettingsView, type SettingWrite } from '@radtune/core/settings'
import { describe, expect, it, vi } from 'vitest'
import { createSettingWriter } from './write-setting.ts'

/** A topic in memory that a view follows, a moment later. */
function memoryTopic() {
  const view = new SettingsView({
    'thresholds.moderate': 50,
    'thresholds.high': 200,
    'thresholds.critical': 1000,
  })
  const records: SettingWrite[] = []
  return {
    view,
    records,
    settings: {
      get known() {
        return view.known
      },
      reached: async () => true,
    },
    async append(writes: readonly SettingWrite[]) {
      await new Promise((resolve) => setTimeout(resolve, 1))
      for (const write of writes) {
        records.push(write)
        view.take([{ ...write, offset: records.length - 1 }])
      }
      return records.length - 1
    },
  }
}

describe('createSettingWriter', () => {
  it('writes who said it and when, in the unit of the table, and answers with the offset', async () => {
    const topic = memoryTopic()
    const write = createSettingWriter({ ...topic, now: () => 1234 })
    expect(await write('provider.rate', 7)).toMatchObject({ ok: true, written: { revision: 0 } })
    expect(await write('producer.main.linger', '20 ms')).toEqual({
      ok: true,
      written: { key: 'producer.main.linger', value: 20, revision: 1 },
    })
    const [, { key, value } = { key: '', value: null }] = topic.records
    expect(readSettingRecord({ key, value })).toEqual({
      ok: true,
      key: 'producer.main.linger',
      value: 20,
      by: 'page',
      at: 1234,
    })
  })

  it('never lets two wishes through that contradict each other, however they come', async () => {
    const topic = memoryTopic()
    const write = createSettingWriter(topic)
    const outcomes = await Promise.all([
      write('thresholds.moderate', 150),
      write('thresholds.high', 100),
      write('thresholds.moderate', 300),
      write('thresholds.high', 400),
      write('thresholds.moderate', 300),
      write('rules.maxCpm', 999),
    ])
    expect(outcomes.map(({ ok }) => ok)).toEqual([true, false, false, true, true, false])
    expect(topic.view.values).toMatchObject({ 'thresholds.moderate': 300, 'thresholds.high': 400 })
    expect(topic.view.rejected).toEqual([])
  })

  it('says so when Kafka does not answer or refuses, and the next wish has its own time', async () => {
    const topic = memoryTopic()
    let append: () => Promise<number> = () => new Promise(() => undefined)
    const write = createSettingWriter({ ...topic, append: () => append(), patienceMs: 20 })
    expect(await write('provider.rate', 1)).toEqual({
      ok: false,
      fails: 'kafka',
      problem: 'Kafka did not confirm the setting within 0.02 s; it may come into force yet',
    })
    append = () => Promise.reject(new Error('no leader'))
    expect(await write('provider.rate', 1)).toMatchObject({
      fails: 'kafka',
      problem: expect.stringContaining('no leader'),
    })
    append = async () => 5
    const reached = vi.fn(async () => true)
    const again = createSettingWriter({
      ...topic,
      settings: { ...topic.settings, reached },
      append: () => append(),
    })
    expect(await again('provider.rate', 1)).toMatchObject({ ok: true, written: { revision: 5 } })
    expect(reached).toHaveBeenCalledWith(5, 4000)
  })
})
