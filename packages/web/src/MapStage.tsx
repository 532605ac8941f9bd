import { useEffect, useEffectEvent, useRef, useState } from 'react'
import type { LiveMap, LiveMapOptions, MapScene } from './map/live-map.ts'
import type { MapPlace } from './view-state.ts'

interface MapStageProps {
  scene: MapScene
  /** Where the map begins; null to show all sensors. */
  place: MapPlace | null
  /** Where the map is asked to go: each new object is a new wish. */
  target: MapPlace | null
  mapboxToken: string | null
  /** The map in words. */
  sentence: string
  onSelect: LiveMapOptions['onSelect']
  onMove: LiveMapOptions['onMove']
  /** The browser cannot draw it. */
  onUnavailable(why: string): void
}

const DARK = '(prefers-color-scheme: dark)'

/** The map, whose code is loaded when it is first shown: until then the rest of the page is there already. */
export function MapStage({
  scene,
  place,
  target,
  mapboxToken,
  sentence,
  onSelect,
  onMove,
  onUnavailable,
}: MapStageProps) {
  const container = useRef<HTMLDivElement>(null)
  const [map, setMap] = useState<LiveMap>()
  const open = useEffectEvent((element: HTMLElement) =>
    openMap({
      container: element,
      place,
      mapboxToken,
      scheme: matchMedia(DARK).matches ? 'dark' : 'light',
      onSelect: select,
      onMove: move,
      onLost: () => fail('the graphics card was lost'),
    }),
  )
  const select = useEffectEvent(onSelect)
  const move = useEffectEvent(onMove)
  const fail = useEffectEvent(onUnavailable)

  useEffect(() => {
    let made: LiveMap | undefined
    let gone = false
    if (container.current)
      open(container.current).then(
        (ready) => {
          if (gone) return ready.close()
          made = ready
          setMap(ready)
        },
        (error: Error) => {
          if (!gone) fail(error.message)
        },
      )
    return () => {
      gone = true
      made?.close()
      setMap(undefined)
    }
  }, [])

  useEffect(() => map?.draw(scene), [map, scene])
  useEffect(() => {
    if (target) map?.show(target)
  }, [map, target])
  useEffect(() => {
    const scheme = matchMedia(DARK)
    const follow = () => map?.setColours(scheme.matches ? 'dark' : 'light')
    scheme.addEventListener('change', follow)
    return () => scheme.removeEventListener('change', follow)
  }, [map])

  return (
    <>
      <section className="map" aria-label={sentence} data-testid="map">
        <div ref={container} className="map-canvas" />
        {map ? null : <p className="map-note">The map is loading.</p>}
      </section>
      <div className="map-buttons">
        <button type="button" aria-label="Zoom in" onClick={() => map?.zoomBy(1)}>
          +
        </button>
        <button type="button" aria-label="Zoom out" onClick={() => map?.zoomBy(-1)}>
          −
        </button>
        <button type="button" onClick={() => map?.fit()}>
          fit
        </button>
      </div>
    </>
  )
}

async function openMap(options: LiveMapOptions): Promise<LiveMap> {
  if (!document.createElement('canvas').getContext('webgl2')) throw new Error('this browser has no WebGL')
  const { createLiveMap } = await import('./map/live-map.ts')
  return createLiveMap(options)
}
