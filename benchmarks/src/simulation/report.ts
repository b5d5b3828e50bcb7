import { formatNumber } from '../report/numbers.ts'
import { markdownTable } from './table.ts'
import { variantName } from './variants.ts'
import type { GrowthLaw, ScaleRow } from './quantities.ts'
import type { ScaleResults } from './run.ts'
import type { ScaleSettings } from './variants.ts'
import type { Environment } from '../environment.ts'

export interface ScaleReport extends ScaleResults {
  environment: Environment
  settings: ScaleSettings
}

/** For programs. A line for each row and each law: what differs between two runs can be read. */
export function formatJson ({ rows, growth, ...report }: ScaleReport): string {
  const lists = Object.entries({ rows, growth }).map(([name, list]) => `,\n  "${name}": [\n${list.map(item => `    ${JSON.stringify(item)}`).join(',\n')}\n  ]`)

  return `${JSON.stringify(report, undefined, 2).replace(/\n\}$/, '')}${lists.join('')}\n}`
}

/** In Markdown: a table for each variant, and the laws below it. */
export function formatText ({ environment, settings, rows, growth }: ScaleReport): string {
  // by name: those that were read from a file are other objects
  const variants = [...new Set(rows.map(({ variant }) => variantName(variant)))]
  const { messages, intervalMs, validationMs, windowBytes, churnPercentPerMinute, seed } = settings

  return [
    ...formatEnvironment(environment),
    `${messages} messages in each network, one every ${intervalMs} ms; validation ${validationMs} ms; first window ${windowBytes} bytes; ` +
    `churn ${churnPercentPerMinute} % a minute; seed ${seed}`,
    ...variants.flatMap(variant => [
      '',
      `### ${variant}`,
      '',
      ...markdownTable([COLUMNS.map(({ name }) => name), ...rows.filter(row => variantName(row.variant) === variant).map(cells)]),
      '',
      ...growth.filter(law => variantName(law.variant) === variant).map(formatLaw)
    ]),
    '',
    'Virtual time: ms above are those of the simulated network. Duplicates, copies by IWANT, bytes and CPU are for each node and message.'
  ].join('\n')
}

export function formatLaw ({ quantity, base, perDecade, r2, residuals }: GrowthLaw): string {
  const sign = perDecade < 0 ? '-' : '+'
  const largest = Math.max(...residuals.map(Math.abs))

  return `- ${quantity} = ${formatNumber(base)} ${sign} ${formatNumber(Math.abs(perDecade))} log10(nodes), R2 ${r2?.toFixed(3) ?? '-'}, off by ${formatNumber(largest)} at most`
}

function formatEnvironment ({ cpuModel, cores, system, node, commit, date, loadAverage, isBusy }: Environment): string[] {
  return [
    `${cpuModel}, ${cores} cores, ${system}, node ${node}, ${date}, commit ${commit},`,
    `load average before the run: ${loadAverage.toFixed(2)}${isBusy ? ' - THE MACHINE WAS BUSY: what took how long means little' : ''}`
  ]
}

interface Column {
  name: string
  of (row: ScaleRow): string
}

const COLUMNS: Column[] = [
  { name: 'nodes', of: ({ nodes }) => String(nodes) },
  { name: 'nets', of: ({ outcome }) => String(outcome.networks) },
  { name: 'delivered', of: ({ outcome }) => `${formatPercent(outcome.deliveredPercent)} %` },
  { name: 'hops', of: ({ outcome }) => formatNumber(outcome.hops.mean) },
  { name: 'max', of: ({ outcome }) => String(outcome.hops.max) },
  { name: 'direct p50 ms', of: ({ outcome }) => formatNumber(outcome.directMs.p50) },
  { name: 'p50 ms', of: ({ outcome }) => formatNumber(outcome.latencyMs.p50) },
  { name: 'p90', of: ({ outcome }) => formatNumber(outcome.latencyMs.p90) },
  { name: 'p99', of: ({ outcome }) => formatNumber(outcome.latencyMs.p99) },
  { name: 'max', of: ({ outcome }) => formatNumber(outcome.latencyMs.max) },
  { name: 'duplicates', of: ({ outcome }) => formatNumber(outcome.duplicates) },
  { name: 'by IWANT', of: ({ outcome }) => formatNumber(outcome.replies) },
  { name: 'bytes', of: ({ outcome }) => formatNumber(outcome.bytes) },
  { name: 'control bytes', of: ({ outcome }) => formatNumber(outcome.controlBytes) },
  { name: 'CPU us', of: ({ cost }) => formatNumber(cost.cpuUs) },
  { name: 'idle us/s', of: ({ cost }) => formatNumber(cost.idleCpuUsPerSecond) },
  { name: 'kB/node', of: ({ cost }) => formatNumber(cost.memoryBytes / 1_000) },
  { name: 'took s', of: ({ cost }) => formatNumber(cost.wallMs / 1_000) }
]

function cells (row: ScaleRow): string[] {
  return COLUMNS.map(({ of }) => of(row))
}

/** Never 100 when something is missing. */
function formatPercent (percent: number): string {
  return percent === 100 ? '100' : Math.min(percent, 99.9999).toFixed(4)
}
