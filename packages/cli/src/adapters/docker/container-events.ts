import type { Engine } from './engine.ts'
import { readJsonLines } from './json-lines.ts'
import { type OpenStream, openStream } from './open-stream.ts'
import { ofProject } from './project-containers.ts'

/** Whether anything happens to the containers of a project. */
export interface ContainerEvents {
  /** Since the call before; also when nobody can tell, as at first and after the engine was away. */
  happened(): boolean
  close(): void
}

/** Not those of health checks, which begin and end every few seconds. */
const EVENTS = ['create', 'destroy', 'die', 'health_status', 'oom', 'pause', 'start', 'unpause', 'update']

/** Listens to an engine from the first question on, and again when the stream has ended. */
export function followEvents(engine: Engine, project: string): ContainerEvents {
  let stream: OpenStream | undefined
  let happened = true

  function open(): OpenStream {
    const filters = { event: EVENTS, ...ofProject(project) }
    const note = () => {
      happened = true
    }
    return openStream(engine.getEvents({ filters }), {
      onOpen(events) {
        note()
        readJsonLines(events, note)
      },
      onEnd: note,
    })
  }

  return {
    happened() {
      if (!stream || stream.state() === 'ended') stream = open()
      const answer = happened || stream.state() !== 'open'
      happened = false
      return answer
    },
    close: () => stream?.close(),
  }
}
