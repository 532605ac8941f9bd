import { quiet, type Rule } from '../rule.ts'

/** Of event time only: the worker engine judges by the time of the record in Kafka. */
export const watermarkHeld: Rule = {
  id: 'watermark-held',
  title: 'The slowest partition holds the watermark back',
  guidelines: [15],
  needs: { window: 'static', readings: [] },
  evaluate: () => quiet('the worker engine does not order by event time, so nothing waits for a watermark'),
}
