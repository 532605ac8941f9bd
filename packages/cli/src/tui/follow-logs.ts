import type { MonitorStore, ShownLogLine } from './monitor-store.ts'

/** Opens the logs of some services, all when none is named, until the signal is aborted. */
export type OpenLogs = (
  services: readonly string[],
  signal: AbortSignal,
) => Promise<AsyncIterable<ShownLogLine>>

/** Lines are shown together, so that a chatty service does not draw the screen a thousand times a second. */
const GATHER_MS = 150

/** Fills the store with the logs of a service, or of all, until the function that it answers is called. */
export function followLogs(store: MonitorStore, open: OpenLogs, service: string | undefined): () => void {
  const closing = new AbortController()
  let gathered: ShownLogLine[] = []
  const show = () => {
    if (gathered.length === 0 || closing.signal.aborted) return
    store.addLogs(gathered)
    gathered = []
  }
  const showing = setInterval(show, GATHER_MS)
  const read = async () => {
    for await (const { service: name, text } of await open(
      service === undefined ? [] : [service],
      closing.signal,
    ))
      gathered.push({ service: name, text })
  }
  store.clearLogs()
  read()
    .catch((error: unknown) => {
      const why = error instanceof Error ? error.message : String(error)
      gathered.push({ service: '', text: `the logs cannot be read: ${why}` })
    })
    .finally(() => {
      show()
      clearInterval(showing)
    })
  return () => {
    clearInterval(showing)
    closing.abort()
  }
}
