/** Terminal cells that a text takes; colour codes take none. Most text is ASCII, so nothing is loaded or compiled for it. */
export function displayWidth(text: string): number {
  const plain = text.includes('\u001b') ? text.replace(colourCode, '') : text
  if (!beyondLatin(plain)) return plain.length
  let cells = 0
  for (const { segment } of segmenter().segment(plain)) cells += segmentWidth(segment)
  return cells
}

let made: Intl.Segmenter | undefined

/** Made when it is needed: most text is not. */
function segmenter(): Intl.Segmenter {
  made ??= new Intl.Segmenter()
  return made
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: colour codes begin with a control character
const colourCode = /\u001b\[[0-9;]*m/g

/** Blocks that terminals draw two cells wide: East Asian scripts and full-width forms, then emoji. */
const wideRanges = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff01, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1f64f],
  [0x1f680, 0x1f6ff],
  [0x1f900, 0x1f9ff],
  [0x20000, 0x3fffd],
] as const

function segmentWidth(segment: string): number {
  const point = segment.codePointAt(0) ?? 0
  if (point < 0x20 || (point >= 0x7f && point < 0xa0) || (point >= 0x200b && point <= 0x200f)) return 0
  const emojiStyle = segment.includes('\ufe0f')
  return emojiStyle || wideRanges.some(([first, last]) => point >= first && point <= last) ? 2 : 1
}

/** Whether there may be characters that are not one cell wide; combining marks begin at U+0300. */
function beyondLatin(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    if (unit < 0x20 || (unit >= 0x7f && unit < 0xa0)) return true
    if (unit >= 0x300 && !isDrawing(unit)) return true
  }
  return false
}

/** Punctuation, arrows, lines, blocks and braille: one cell each, and most of a screen. */
function isDrawing(unit: number): boolean {
  return (
    (unit >= 0x2500 && unit <= 0x259f) ||
    (unit >= 0x2800 && unit <= 0x28ff) ||
    (unit >= 0x2010 && unit <= 0x2027) ||
    (unit >= 0x2190 && unit <= 0x2193) ||
    unit === 0x2212
  )
}
