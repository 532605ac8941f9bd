import { LiveState } from '../src/backend/live-state.ts'
import { FrameQueue } from '../src/backend/frame-queue.ts'
import { readPoint } from '../src/backend/read-point.ts'
import { createLatencyWindow } from '../src/backend/latency-window.ts'
import { outputRecord } from './fake-readings.ts'
const recs = Array.from({length: 200_000}, (_, n) => outputRecord({device_id: String(n % 60_000), value: 20 + n % 500, captured_time: new Date(1.58e12 + n*10).toISOString()}, {sentAtMs: Date.now()}))
const state = new LiveState(), queue = new FrameQueue({frameBytes: 18432, waitingSensors: 2000}), lat = createLatencyWindow()
for (let round = 0; round < 3; round++) {
const c0 = process.cpuUsage(); let frames = 0
for (let i = 0; i < recs.length; i++) {
  const p = readPoint(recs[i]!, Date.now())!
  lat.record(p.latencyMs!)
  queue.add(p, state.add(p))
  if (i % 2500 === 2499) frames += queue.take().length
}
const c = process.cpuUsage(c0)
console.log('us/record', ((c.user + c.system) / recs.length).toFixed(2), 'frames', frames, 'rss', Math.round(process.memoryUsage.rss()/1e6), 'heap', Math.round(process.memoryUsage().heapUsed/1e6))
}
let t = process.cpuUsage(); for (let i=0;i<100;i++){lat.turn(); lat.recent()} let c = process.cpuUsage(t); console.log('latency merge us', (c.user+c.system)/100)
t = process.cpuUsage(); JSON.stringify(state.points(2000)); c = process.cpuUsage(t); console.log('snapshot us', c.user+c.system)
