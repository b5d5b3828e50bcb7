/** Text in a box, which people see in `npm test` although the rest of a step that passed goes to a log. */
export function box (lines: string[]): string {
  const width = Math.max(...lines.map((line) => line.length))
  const edge = '═'.repeat(width + 2)

  return [`╔${edge}╗`, ...lines.map((line) => `║ ${line.padEnd(width)} ║`), `╚${edge}╝`].join('\n')
}
