/** A table of Markdown. */
export function markdownTable (head: string[], rows: string[][]): string {
  const line = (fields: string[]): string => `| ${fields.map((field) => field.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`

  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n')
}
