import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './App.tsx'
import { openLiveConnection } from './live-connection.ts'
import './page.css'

const root = document.getElementById('root')
if (root) {
  const live = openLiveConnection(await webSocketUrl())
  createRoot(root).render(
    <StrictMode>
      <App live={live} />
    </StrictMode>,
  )
}

/** The page's own origin, unless the frontend was told of another backend. */
async function webSocketUrl(): Promise<string> {
  const own = new URL('/ws', location.href)
  own.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:'
  try {
    const settings: unknown = await (await fetch('/config.json')).json()
    const named = settings && typeof settings === 'object' && 'wsUrl' in settings ? settings.wsUrl : null
    return typeof named === 'string' ? named : own.href
  } catch {
    return own.href
  }
}
