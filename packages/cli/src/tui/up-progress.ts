import { timeText } from '../output/duration-text.ts'
import type { Output } from '../output/output.ts'
import { createUpTeller } from '../output/up-text.ts'
import type { LaunchEvent } from '../services/launch-stack.ts'
import { createLiveLine } from './live-line.ts'

interface Telling {
  output: Output
  /** Where progress goes: standard error. */
  stream: { write(text: string): unknown; columns?: number }
  now: () => number
}

/** Tells the events of a launch on standard error: live on a terminal, else as lines with a time and a heartbeat. */
export interface UpProgress {
  tell: (event: LaunchEvent) => void
  /** Takes the live line away, for a question. */
  pause: () => void
  end: () => void
}

const HEARTBEAT_MS = 10_000

export function createUpProgress({ output, stream, now }: Telling): UpProgress {
  const teller = createUpTeller(output.stderr.palette)
  const teach = output.mode.quiet ? silent() : output.stderr.terminal ? live(stream, now) : plain(output, now)
  return {
    tell(event) {
      if (event.kind === 'warning') {
        teach.aside(() => output.warn(event.text))
        return
      }
      teach.say(teller(event))
    },
    pause: teach.end,
    end: teach.end,
  }
}

interface Voice {
  say(said: ReturnType<ReturnType<typeof createUpTeller>>): void
  /** Something else writes a line of its own. */
  aside(write: () => void): void
  end(): void
}

function silent(): Voice {
  return { say() {}, aside: (write) => write(), end() {} }
}

function live(stream: Telling['stream'], now: () => number): Voice {
  const line = createLiveLine(stream, now)
  return {
    say({ lines, now: current }) {
      if (current === '') line.show('')
      line.print(lines)
      if (current) line.show(current)
    },
    aside(write) {
      line.hide()
      write()
      line.draw()
    },
    end: line.end,
  }
}

function plain(output: Output, now: () => number): Voice {
  let current = ''
  let saidAt = now()
  const write = (text: string) => {
    saidAt = now()
    if (text !== '') output.say(`${timeText(saidAt)} ${text.trim()}`)
  }
  const heartbeat = setInterval(() => {
    if (current !== '' && now() - saidAt >= HEARTBEAT_MS) write(current)
  }, 1_000)
  heartbeat.unref()
  return {
    say(said) {
      if (said.now !== undefined) current = said.now
      for (const text of said.plain) write(text)
    },
    aside: (tell) => tell(),
    end: () => clearInterval(heartbeat),
  }
}
