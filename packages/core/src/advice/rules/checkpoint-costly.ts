import { quiet, type Rule } from '../rule.ts'

/** Of Flink only: the worker engine has nothing like it. */
export const checkpointCostly: Rule = {
  id: 'checkpoint-costly',
  title: 'Checkpoints take too much of the time between them',
  guidelines: [6],
  needs: { window: 'static', readings: [] },
  evaluate: () => quiet('the worker engine has no checkpoints: its state is a function of the input'),
}
