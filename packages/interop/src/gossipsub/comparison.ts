import type { Summary } from './summary.ts'

/** The figures of a mesh, by what they are called in the report. */
export function figures (summary: Summary): Record<string, number> {
  return {
    'latency p50, ms': rounded(summary.p50Ms, 1),
    'latency p90, ms': rounded(summary.p90Ms, 1),
    'latency p99, ms': rounded(summary.p99Ms, 1),
    'last node, ms': rounded(summary.lastMs, 1),
    'duplicates per node': rounded(summary.duplicates, 2)
  }
}

/**
 * The figures of meshes beside each other, Markdown. On their own they say more of the machine than of the programs.
 *
 * @param summaries - by the name of the mesh; the control is the last one, if there is one
 */
export function comparisonTable (summaries: Record<string, Summary>): string {
  const rows = Object.entries(summaries).map(([name, summary]) => [name, ...Object.values(figures(summary)).map(String)])
  const [first] = Object.values(summaries)

  return [['mesh', ...Object.keys(figures(first))], Array.from({ length: 6 }, () => '---'), ...rows]
    .map(cells => `| ${cells.join(' | ')} |`)
    .join('\n')
}

function rounded (value: number, digits: number): number {
  return Number(value.toFixed(digits))
}
