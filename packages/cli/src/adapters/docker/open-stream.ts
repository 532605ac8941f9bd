/** A stream of an engine that ends when the engine does, or what it is about. */
export interface OpenStream {
  state(): 'opening' | 'open' | 'ended'
  close(): void
}

/** Opens a stream without waiting for it; one that cannot be opened has ended. */
export function openStream(
  asked: Promise<NodeJS.ReadableStream>,
  { onOpen, onEnd }: { onOpen: (stream: NodeJS.ReadableStream) => void; onEnd?: () => void },
): OpenStream {
  let state: 'opening' | 'open' | 'ended' = 'opening'
  let opened: NodeJS.ReadableStream | undefined
  const end = () => {
    if (state !== 'ended') onEnd?.()
    state = 'ended'
    // The types know of streams only what they had in Node 0.10.
    if (opened && 'destroy' in opened) (opened as unknown as { destroy(): void }).destroy()
  }
  asked.then((stream) => {
    opened = stream
    for (const name of ['end', 'close', 'error', 'aborted']) stream.on(name, end)
    if (state === 'ended') end()
    else {
      state = 'open'
      onOpen(stream)
    }
  }, end)
  return { state: () => state, close: end }
}
