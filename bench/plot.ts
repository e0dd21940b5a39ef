// Draws one benchmark's results as an SVG plot: a bar from zero to the median, a line from the least to the most.
// Only draws; what was measured and how is each benchmark's business.

export interface Row {
  readonly label: string
  readonly samples: readonly number[]
  readonly median: number
  readonly min: number
  readonly max: number
  /** What others are measured against: drawn in grey. */
  readonly peer?: boolean
}

export interface Result {
  readonly name: string
  /** What is measured, for the heading. */
  readonly title: string
  readonly unit: string
  readonly better: 'less' | 'more'
  readonly machine: string
  readonly measuredAt: string
  readonly rows: readonly Row[]
}

const WIDTH = 760
const LABEL_WIDTH = 250
const FIGURE_WIDTH = 120
const ROW_HEIGHT = 32
const HEAD_HEIGHT = 64
const FOOT_HEIGHT = 28

export function medianOf(samples: readonly number[]): number {
  const sorted = [...samples].sort((one, other) => one - other)
  const middle = sorted.length / 2
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]]
  if (low === undefined || high === undefined) throw new RangeError('no samples')
  return (low + high) / 2
}

export function rowOf(label: string, samples: readonly number[], peer = false): Row {
  return { label, samples, median: medianOf(samples), min: Math.min(...samples), max: Math.max(...samples), peer }
}

export function plot(result: Result): string {
  const room = WIDTH - LABEL_WIDTH - FIGURE_WIDTH
  const most = Math.max(...result.rows.map(({ max }) => max))
  const x = (value: number) => LABEL_WIDTH + (value / most) * room
  const height = HEAD_HEIGHT + result.rows.length * ROW_HEIGHT + FOOT_HEIGHT
  const rows = result.rows.map((row, index) => {
    const y = HEAD_HEIGHT + index * ROW_HEIGHT
    const colour = row.peer ? '#9ca3af' : '#0b62d6'
    return [
      `<text x="${LABEL_WIDTH - 12}" y="${y + 18}" text-anchor="end" font-size="13">${escaped(row.label)}</text>`,
      `<rect x="${LABEL_WIDTH}" y="${y + 5}" width="${(x(row.median) - LABEL_WIDTH).toFixed(1)}" height="18" fill="${colour}"/>`,
      `<path d="M${x(row.min).toFixed(1)} ${y + 14} H${x(row.max).toFixed(1)}" stroke="#111827" stroke-width="1.5"/>`,
      `<text x="${WIDTH - 16}" y="${y + 18}" text-anchor="end" font-size="13">${figure(row.median)} ${escaped(result.unit)}</text>`,
    ].join('\n  ')
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" fill="#111827">
  <title>${escaped(result.title)}</title>
  <rect width="${WIDTH}" height="${height}" fill="#fff"/>
  <text x="16" y="26" font-size="16" font-weight="600">${escaped(result.title)}</text>
  <text x="16" y="46" font-size="12" fill="#4b5563">${result.better === 'less' ? 'Less' : 'More'} is better. Bars: medians; lines: least to most.</text>
  ${rows.join('\n  ')}
  <text x="16" y="${height - 10}" font-size="11" fill="#4b5563">${escaped(result.machine)}, ${escaped(result.measuredAt.slice(0, 10))}</text>
</svg>
`
}

/** The same as a table in Markdown. */
export function table(result: Result): string {
  const rows = result.rows.map(
    (row) =>
      `| ${row.label} | ${figure(row.median)} | ${figure(row.min)} | ${figure(row.max)} | ${row.samples.length} |`,
  )
  return [
    `## ${result.title}`,
    '',
    `${result.unit}, ${result.better} is better. ${result.machine}, ${result.measuredAt}.`,
    '',
    '| | median | least | most | runs |',
    '|---|---:|---:|---:|---:|',
    ...rows,
    '',
  ].join('\n')
}

/** Three digits that count, grouped. */
export function figure(value: number): string {
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.max(Math.abs(value), 1e-9))))
  return value.toLocaleString('en', { maximumFractionDigits: Math.min(digits, 3), minimumFractionDigits: 0 })
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
}
