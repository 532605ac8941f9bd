import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EntryList } from './entry-list.ts'
import { FrameQueue } from './frame-queue.ts'
import { IncomingReading } from './incoming-reading.ts'
import { LiveState } from './live-state.ts'

/** Few names, so that they meet again; of different kinds and lengths. */
const reading = fc.record({
  device: fc.option(fc.integer({ min: 1, max: 30 }).map(String), { nil: undefined }),
  loader: fc.constantFrom('1', '22', 'ひ'),
  latitude: fc.integer({ min: -3, max: 3 }).map((step) => step / 1000),
  value: fc.integer({ min: 1, max: 1200 }),
  second: fc.nat(20),
})

test('the table answers as a plain map would, in the order of eviction, and never holds more than its limit', () => {
  fc.assert(
    fc.property(fc.array(reading, { maxLength: 300 }), fc.integer({ min: 1, max: 12 }), (given, limit) => {
      const state = new LiveState({ sensors: limit, history: 10_000, alerts: 10 })
      const model = new Map<string, { value: number; second: number; count: number }>()
      const incoming = new IncomingReading()
      for (const { device, loader, latitude, value, second } of given) {
        Object.assign(incoming, { latitude, longitude: 0, value, usvh: 0, capturedUs: second * 1e6 })
        incoming.critical = value >= 1000
        incoming.nameSensor(device, loader)
        const name = String(incoming.sensor)
        const known = model.get(name)
        model.delete(name)
        if (known === undefined && model.size === limit) model.delete(model.keys().next().value as string)
        const latest = known && known.second > second ? known : { value, second }
        model.set(name, { ...latest, count: (known?.count ?? 0) + 1 })
        state.add(incoming)
        expect(state.sensorCount).toBe(model.size)
      }
      const newestFirst = [...model].reverse()
      expect(state.points(1000).map(({ sensor, value }) => [sensor, value])).toEqual(
        newestFirst.map(([sensor, { value }]) => [sensor, value]),
      )
      for (const [sensor, { count }] of newestFirst)
        expect(state.readingsOf(sensor, 1000)).toHaveLength(count)
    }),
  )
})

test('ten times as many sensors as there is room for leave the newest ones, found by name', () => {
  const state = new LiveState({ sensors: 1000, history: 10, alerts: 10 })
  const incoming = new IncomingReading()
  Object.assign(incoming, { latitude: 0, longitude: 0, value: 30, usvh: 0, capturedUs: 0 })
  for (let n = 0; n < 10_000; n += 1) {
    incoming.nameSensor(String(n), undefined)
    state.add(incoming)
  }
  expect(state.sensorCount).toBe(1000)
  for (let n = 0; n < 10_000; n += 1) expect(state.readingsOf(`device:${n}`, 1) !== undefined).toBe(n >= 9000)
})

test('each critical reading leaves once, also when its sensor gave its place to another meanwhile', () => {
  fc.assert(
    fc.property(fc.array(reading, { maxLength: 100 }), fc.integer({ min: 1, max: 5 }), (given, limit) => {
      const state = new LiveState({ sensors: limit, history: 10, alerts: 1 })
      const queue = new FrameQueue(state.sensors, { frameBytes: 2000, waitingSensors: 100 })
      const incoming = new IncomingReading()
      const sent: number[] = []
      const take = () => {
        for (const part of queue.take()) {
          sent.push(...JSON.parse(part.alerts).map(({ latitude }: { latitude: number }) => latitude))
          const sensors: string[] = JSON.parse(part.points).map(({ sensor }: { sensor: string }) => sensor)
          expect(new Set(sensors).size).toBe(sensors.length)
        }
      }
      for (const [index, { device, loader, value }] of given.entries()) {
        Object.assign(incoming, { latitude: index, longitude: 0, value, usvh: 0, capturedUs: index * 1e6 })
        incoming.critical = value >= 600
        incoming.nameSensor(device, loader)
        queue.add(state.add(incoming), incoming.critical ? state.newestAlert : undefined)
        if (index % 17 === 16) take()
      }
      take()
      const critical = [...given.keys()].filter((index) => (given[index]?.value ?? 0) >= 600)
      expect(sent.toSorted((a, b) => a - b)).toEqual(critical)
    }),
  )
})

test('a list of entries keeps the order in which they were renewed, through removals', () => {
  const step = fc.record({ entry: fc.nat(200), remove: fc.boolean() })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const list = new EntryList()
      const model = new Set<number>()
      for (const { entry, remove } of steps) {
        if (remove && list.has(entry)) list.remove(entry)
        model.delete(entry)
        if (remove) continue
        list.renew(entry)
        model.add(entry)
      }
      const newestFirst: number[] = []
      for (let entry = list.newest; entry >= 0; entry = list.olderThan(entry)) newestFirst.push(entry)
      expect(newestFirst).toEqual([...model].reverse())
      expect([list.size, list.oldest]).toEqual([model.size, [...model][0] ?? -1])
      list.clear()
      expect([list.size, list.newest, list.oldest]).toEqual([0, -1, -1])
    }),
  )
})
