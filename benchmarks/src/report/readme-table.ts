/** What the README of the project says of the results that were kept. */
import { dayOf, formatWarnings } from './document.ts'
import { markdownTable } from './markdown.ts'
import { formatLoad, formatNumber, formatRatio, formatSpread } from './numbers.ts'
import { summarise } from './summary.ts'
import type { BenchRecord, EarlierRun } from './record.ts'
import type { MetricSummary } from './summary.ts'

const BEGIN = '<!-- benchmarks: begin -->'
const END = '<!-- benchmarks: end -->'

/**
 * The text with the tables of all records between its markers.
 *
 * @throws {Error} when there are no markers
 */
export function withTables (readme: string, records: BenchRecord[]): string {
  const begin = readme.indexOf(BEGIN)
  const end = readme.indexOf(END)

  if (begin === -1 || end < begin) {
    throw new Error(`There is no '${BEGIN}' before a '${END}'`)
  }

  return [readme.slice(0, begin + BEGIN.length), '', ...records.flatMap(formatSummary), readme.slice(end)].join('\n')
}

/** Ours beside the rival: the headline metrics of figures without a sweep, whose curves are in the document. */
function formatSummary (record: BenchRecord): string[] {
  const { title, command, rounds, environment, earlier = [], ours: [ours], baselines: [rival] } = record
  const { cpuModel, cores, node, commit } = environment

  if (ours == null) {
    return []
  }

  const metrics = summarise(record)
    .filter(({ sweep }) => sweep == null)
    .flatMap(({ figure, points: [{ metrics }] }) => metrics.filter(({ isHeadline }) => isHeadline).map((metric) => ({ figure, metric })))
    .filter(({ metric }) => find(metric, ours) != null)

  return metrics.length === 0
    ? []
    : [
        `${title}: \`${command}\`, medians of ${rounds} round${rounds === 1 ? '' : 's'}, ${cpuModel}, ${cores} cores, Node.js ${node}, commit ${commit}, ${formatLoad(environment)}, ${dayOf(environment)}.${earlier.map(formatEarlier).join('')}`,
        '',
        ...formatWarnings(record),
        ...markdownTable(['', 'ours [quartiles]', ...(rival == null ? [] : [rival, 'ratio [95 %]'])], metrics.map(({ figure, metric }) => [
          `${figure}, ${metric.name} (${metric.isHigherBetter ? 'more' : 'less'} is better)`,
          ...formatCells(metric, ours, rival)
        ])),
        ''
      ]
}

function formatEarlier ({ figures, environment, command }: EarlierRun): string {
  return ` Of \`${command}\`, commit ${environment.commit}, ${formatLoad(environment)}, ${dayOf(environment)}: ${figures.join(', ')}.`
}

function formatCells (metric: MetricSummary, ours: string, rival: string | undefined): string[] {
  const our = find(metric, ours)
  const their = rival == null ? undefined : find(metric, rival)
  const ratio = rival == null ? undefined : our?.ratios[rival]

  return [
    our == null ? '' : formatSpread(our.value),
    ...(rival == null ? [] : [their == null ? '' : formatNumber(their.value.median), ratio == null ? '' : formatRatio(ratio)])
  ]
}

function find ({ contestants }: MetricSummary, name: string): MetricSummary['contestants'][number] | undefined {
  return contestants.find(({ contestant }) => contestant === name)
}
