/** A table in Markdown whose columns stand below each other as text as well; the first row is the header. */
export function markdownTable ([header, ...rows]: string[][]): string[] {
  const widths = header.map((_, column) => Math.max(MIN_WIDTH, ...[header, ...rows].map(row => row[column].length)))
  const line = (cells: string[]): string => `| ${cells.map((cell, column) => cell.padStart(widths[column])).join(' | ')} |`

  return [line(header), `|${widths.map(width => `${'-'.repeat(width + 1)}:`).join('|')}|`, ...rows.map(line)]
}

/** Of the line below the header. */
const MIN_WIDTH = 3
