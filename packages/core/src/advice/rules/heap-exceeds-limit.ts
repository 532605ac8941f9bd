import { formatBytes, MIB } from '../../units/index.ts'
import { stageOf } from '../cpu-holders.ts'
import { expectSameThroughput } from '../expectations.ts'
import { outsideHeapBytes } from '../move-memory.ts'
import { proposeStep } from '../propose-step.ts'
import { found, quiet, type Rule, settle } from '../rule.ts'

/** A heap that does not fit is a kill that waits for its load. */
export const heapExceedsLimit: Rule = {
  id: 'heap-exceeds-limit',
  title: 'A heap and the rest of its process are more than the memory limit',
  guidelines: [],
  needs: { window: 'static', readings: [] },
  evaluate(context) {
    return settle(
      context.spec.services.map(({ name, role, heapBytes = 0, memoryBytes }) => {
        const outside = outsideHeapBytes(role)
        const sum = `${formatBytes(heapBytes)} of heap + ${formatBytes(outside)} of the process = ${formatBytes(heapBytes + outside)}`
        if (heapBytes + outside <= memoryBytes)
          return quiet('every heap fits in its limit with the rest of the process')
        const to = Math.max(0, Math.floor((memoryBytes - outside) / MIB) * MIB)
        return found({
          rule: 'heap-exceeds-limit',
          severity: 'critical',
          subject: name,
          sentence: `${name}: ${sum}, and its limit is ${formatBytes(memoryBytes)}`,
          evidence: [
            { name: `heap of ${name}`, value: heapBytes, unit: 'bytes', windowMs: null },
            { name: `limit of ${name}`, value: memoryBytes, unit: 'bytes', windowMs: null },
          ],
          stage: stageOf(role),
          ...proposeStep(context, 'heap-exceeds-limit', {
            changes: [{ key: `${role}.heap`, from: heapBytes, to }],
            stage: stageOf(role),
            why: `${sum}, more than ${formatBytes(memoryBytes)}`,
            expected: expectSameThroughput(context),
          }),
        })
      }),
      'there is no service',
    )
  },
}
