import { RadtuneError } from '@radtune/core/errors'
import { isSettingKey, type SettingKey } from '@radtune/core/settings'
import type { ResolvedSetting, StackSpec } from '@radtune/core/stack'
import { isMap, parseDocument } from 'yaml'
import { z } from 'zod'
import type { Files } from '../ports/files.ts'
import { editOverlay } from './edit-overlay.ts'

const value = z.union([z.string(), z.number()])

const borrowedSchema = z.object({
  schema: z.literal('radtune.borrowed/1'),
  /** Who borrows: `radtune bench`. */
  by: z.string(),
  at: z.number(),
  /** Whether there was an overlay before. */
  overlayExisted: z.boolean(),
  settings: z.array(
    z.object({
      key: z.string().refine(isSettingKey),
      /** In force before, and where it came from. */
      resolved: z.looseObject({ value, origin: z.string() }),
      /** The line of the overlay before; null when it had none. */
      overlay: value.nullable(),
      /** What it is set to meanwhile: another value is somebody else's. */
      meanwhile: z.array(value),
    }),
  ),
})

/** Settings that a measurement sets for a while, as they were before: `.radtune/borrowed.json`. */
export type Borrowed = z.infer<typeof borrowedSchema>
export type BorrowedSetting = Borrowed['settings'][number]

export function borrowedPath(projectDir: string): string {
  return `${projectDir}/.radtune/borrowed.json`
}

export function overlayPath(projectDir: string): string {
  return `${projectDir}/.radtune/overlay.yaml`
}

/** What is borrowed just now, by a command that runs or by one that was killed. Throws RT-BENCH-006 for a file that is damaged. */
export async function readBorrowed(files: Files, projectDir: string): Promise<Borrowed | undefined> {
  const path = borrowedPath(projectDir)
  const text = await files.read(path)
  if (text === undefined) return undefined
  const parsed = borrowedSchema.safeParse(readJson(text))
  if (parsed.success) return parsed.data
  throw new RadtuneError('RT-BENCH-006', {
    what: `${path} is damaged: it cannot be told what was set for a measurement`,
    fix: ['radtune get', `rm ${path}`],
  })
}

/** Writes down how settings are before they are set to values `meanwhile`. */
export async function writeBorrowed(
  files: Files,
  {
    projectDir,
    by,
    at,
    spec,
    meanwhile,
  }: {
    projectDir: string
    by: string
    at: number
    /** In force. */
    spec: StackSpec
    meanwhile: Readonly<Partial<Record<SettingKey, readonly (string | number)[]>>>
  },
): Promise<Borrowed> {
  const overlay = await files.read(overlayPath(projectDir))
  const borrowed: Borrowed = {
    schema: 'radtune.borrowed/1',
    by,
    at,
    overlayExisted: overlay !== undefined,
    settings: Object.entries(meanwhile).map(([key, values]) => ({
      key: key as SettingKey,
      resolved: { ...spec.settings[key as SettingKey] },
      overlay: lineIn(overlay, key) ?? null,
      meanwhile: [...values],
    })),
  }
  await files.write(borrowedPath(projectDir), `${JSON.stringify(borrowed, null, 2)}\n`)
  return borrowed
}

/** Those that are still as the borrower has set them, and those that somebody else has set since. */
export async function sortBorrowed(
  files: Files,
  { projectDir, borrowed }: { projectDir: string; borrowed: Borrowed },
): Promise<{ own: BorrowedSetting[]; others: BorrowedSetting[] }> {
  const overlay = await files.read(overlayPath(projectDir))
  const isOwn = ({ key, overlay: before, meanwhile }: BorrowedSetting) => {
    const line = lineIn(overlay, key) ?? null
    return line === before || meanwhile.some((one) => String(one) === String(line))
  }
  const { settings } = borrowed
  return { own: settings.filter(isOwn), others: settings.filter((setting) => !isOwn(setting)) }
}

/** Makes the lines of the overlay what they were; a file that was not there and holds nothing else is gone again. */
export async function restoreOverlay(
  files: Files,
  {
    projectDir,
    borrowed,
    settings,
  }: { projectDir: string; borrowed: Borrowed; settings: readonly BorrowedSetting[] },
): Promise<void> {
  const path = overlayPath(projectDir)
  const text = await files.read(path)
  if (text === undefined && settings.every(({ overlay }) => overlay === null)) return
  const edits = settings.map(({ key, overlay }) => ({ name: key, value: overlay ?? undefined }))
  const restored = editOverlay(text, edits)
  if (!borrowed.overlayExisted && isEmpty(restored)) await files.remove(path)
  else await files.write(path, restored)
}

/** A plan in force with settings as they were, with where they came from. */
export function withBorrowedOrigins(spec: StackSpec, settings: readonly BorrowedSetting[]): StackSpec {
  const before = Object.fromEntries(
    settings.map(({ key, resolved }) => [key, resolved as unknown as ResolvedSetting]),
  )
  return { ...spec, settings: { ...spec.settings, ...before } }
}

function lineIn(overlay: string | undefined, key: string): string | number | undefined {
  const found = parseDocument(overlay ?? '').getIn(['settings', key])
  return typeof found === 'string' || typeof found === 'number' ? found : undefined
}

function isEmpty(overlay: string): boolean {
  const settings = parseDocument(overlay).get('settings')
  return !isMap(settings) || settings.items.length === 0
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
