import { withThousands } from './numbers.ts'

/** The first column to the left, the others to the right; numbers with thousands apart. Bars within cells do not end them. */
export function markdownTable (header: string[], rows: string[][]): string[] {
  return [
    row(header),
    `|---|${header.slice(1).map(() => '---:|').join('')}`,
    ...rows.map((cells) => row([cells[0], ...cells.slice(1).map(withThousands)]))
  ]
}

function row (cells: string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}
