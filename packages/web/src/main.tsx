import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './App.tsx'
import { openLiveConnection } from './live-connection.ts'
import { readPageConfig } from './page-config.ts'
import './page.css'
import './layout.css'
import './controls.css'

const root = document.getElementById('root')
if (root) {
  const config = await readPageConfig()
  const live = openLiveConnection(config.wsUrl)
  createRoot(root).render(
    <StrictMode>
      <App live={live} config={config} />
    </StrictMode>,
  )
}
