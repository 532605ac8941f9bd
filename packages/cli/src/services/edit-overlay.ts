import { isMap, parseDocument } from 'yaml'

/** A line of the overlay: a setting as it is written, and its value; undefined takes it out. */
export interface OverlayEdit {
  name: string
  value: string | number | undefined
}

const HEADER =
  ' What radtune set and the page changed on this machine. Deleting this file undoes it all at the next radtune up.'

/** The text of an overlay with some settings changed; comments and everything else stay. The text given is a valid overlay. */
export function editOverlay(text: string | undefined, edits: readonly OverlayEdit[]): string {
  const document = parseDocument(text ?? '')
  if (!isMap(document.contents)) {
    document.contents = document.createNode({}) as never
    document.commentBefore ??= HEADER
  }
  if (!isMap(document.get('settings'))) document.set('settings', document.createNode({}))
  for (const { name, value } of edits) {
    if (value === undefined) document.deleteIn(['settings', name])
    else document.setIn(['settings', name], value)
  }
  const settings = document.get('settings')
  if (isMap(settings) && settings.items.length > 0) settings.flow = false
  return document.toString({ lineWidth: 0 })
}
