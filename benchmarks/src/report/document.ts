/** What `docs/benchmarks.md` says of the results that were kept. */
import { markdownTable } from './markdown.ts'
import { formatLoad, formatNumber, formatRatio, formatSpread, withThousands } from './numbers.ts'
import { summarise } from './summary.ts'
import type { BenchRecord } from './record.ts'
import type { ContestantSummary, FigureSummary, MetricSummary, PointSummary } from './summary.ts'
import type { Environment } from '../environment.ts'

/** A picture of a figure: where it is, from the document, and what it shows. */
export interface Picture {
  path: string
  alt: string
}

export interface DocumentInit {
  /** In the order in which they are told. */
  records: BenchRecord[]
  picturesOf (record: BenchRecord, figure: FigureSummary): Picture[]
}

/** The document as a whole; nothing in it depends on when or where it is made. */
export function formatDocument ({ records, picturesOf }: DocumentInit): string {
  return [
    '<!-- `npm run bench:docs` makes this of benchmarks/results. What is changed here by hand is lost. -->',
    '# Benchmarks',
    '',
    ...INTRODUCTION,
    '',
    ...records.flatMap((record) => formatSuite(record, picturesOf)),
    ...READING
  ].join('\n') + '\n'
}

const INTRODUCTION = [
  'What the runs measured whose results are in `benchmarks/results`, every round of every contestant. Each section says which machine, versions, commit and command;',
  'the command repeats it on yours, and with `--keep` and then `npm run bench:docs` this page is about yours. `benchmarks/README.md` says what each',
  'figure does and what its clock sees. Goals are those that the project has set itself, the missed ones among them.'
]

const READING = [
  '## How to read it',
  '',
  '- Contestants take turns within each round, in processes of their own. A value is the median of the rounds with [lower to upper quartile].',
  '- A ratio is of two values of the same round, and the median of these: what slows the machine down for a while slows both. Ratios survive a slow or busy',
  '  machine better than absolute figures do.',
  '- A ratio\'s interval is of 95 %, by a percentile bootstrap of the median over the rounds (10,000 resamples, of a fixed seed). Of up to 5 rounds it is',
  '  all that was measured, from the least to the most; that range holds the true median in 93.75 % of all runs of 5 rounds, and in 75 % of those of 3.',
  '  Of fewer there is none.',
  '  It says how sure the median is on this machine in this hour, and nothing of other machines.',
  '- An interval that holds 1 tells of no difference.',
  '- In a picture a bar ends at the median; its thick line is between the quartiles, its thin one from the least to the most. A curve has its lines',
  '  between the quartiles. A contestant has the same colour everywhere.',
  '- Distributions are of the samples of all rounds together, of which a result keeps 201 quantiles a round.'
]

function formatSuite (record: BenchRecord, picturesOf: DocumentInit['picturesOf']): string[] {
  const figures = summarise(record)

  return [
    `## ${record.title}`,
    '',
    ...formatWarnings(record),
    record.about,
    '',
    ...formatRun(record),
    '',
    ...formatGoals(figures),
    ...figures.flatMap((figure) => formatFigure(figure, record, picturesOf(record, figure))),
    ...formatLeftOut(record),
    ...formatFailures(record)
  ]
}

/** Before everything else: what makes the figures below worth less. */
export function formatWarnings ({ isQuick, environment, earlier = [] }: BenchRecord): string[] {
  const warnings = [
    ...(isQuick ? ['**This was a quick run**: few rounds of a fraction of the work, a first look that is not to be quoted.'] : []),
    ...[environment, ...earlier.map(({ environment }) => environment)]
      .filter(({ isBusy }) => isBusy)
      .map((environment) => `**The machine was busy** with something else: ${formatLoad(environment)}, of ${environment.cores} cores. Do not trust absolute figures.`)
  ]

  return warnings.length === 0 ? [] : [...warnings.map((warning) => `> ${warning}`).join('\n>\n').split('\n'), '']
}

function formatRun ({ environment, rounds, command, earlier = [] }: BenchRecord): string[] {
  const { cpuModel, cores, system, node, packages } = environment
  const versions = Object.entries(packages).map(([name, version]) => `\`${name}\` ${version}`)

  return [
    `- ${cpuModel}, ${cores} cores, ${system}, Node.js ${node}; ${formatLoad(environment)}`,
    `- ${formatOrigin(environment)}, ${rounds} round${rounds === 1 ? '' : 's'}: \`${command}\``,
    ...earlier.map(({ figures, environment, command }) => `- ${figures.map((name) => `\`${name}\``).join(', ')}: ${formatOrigin(environment)}, ${formatLoad(environment)}: \`${command}\``),
    `- ${versions.join(', ')}`
  ]
}

function formatOrigin (environment: Environment): string {
  return `commit ${environment.commit}, ${dayOf(environment)} (${environment.date.slice(11, 16)} UTC)`
}

export function dayOf ({ date }: Environment): string {
  return date.slice(0, 10)
}

/** The missed ones first. */
function formatGoals (figures: FigureSummary[]): string[] {
  const goals = figures.flatMap(({ figure, points, sweep }) => points.flatMap(({ x, metrics }) => metrics.flatMap((metric) => metric.goals.map((goal) => ({
    ...goal,
    what: `${figure}${x == null ? '' : ` at ${x} (${sweep?.label})`}: ${metric.name}`
  })))))

  if (goals.length === 0) {
    return []
  }

  const rows = [...goals.filter(({ isMet }) => !isMet), ...goals.filter(({ isMet }) => isMet)]
    .map(({ what, contestant, goal, actual, isMet }) => [`${what}, ${contestant}`, goal, formatNumber(actual), isMet ? 'met' : '**missed**'])

  return [
    '### Goals',
    '',
    `${goals.filter(({ isMet }) => isMet).length} of ${goals.length} met.`,
    '',
    ...markdownTable(['', 'goal', 'is', ''], rows),
    ''
  ]
}

function formatFigure (figure: FigureSummary, record: BenchRecord, pictures: Picture[]): string[] {
  const tables = figure.sweep == null ? formatPoint(figure.points[0], record) : formatSweep(figure, record)

  return tables.length === 0
    ? []
    : [
        `### ${figure.figure}`,
        '',
        `${capitalised(figure.description)}.`,
        '',
        ...pictures.flatMap(({ path, alt }) => [`![${alt}](${path})`, '']),
        ...tables
      ]
}

/** A row for each contestant; columns for each metric and for ratios of those that are headlines. */
function formatPoint ({ metrics }: PointSummary, { contestants, baselines }: BenchRecord): string[] {
  const shown = metrics.filter((metric) => metric.contestants.length > 0)
  const header = shown.flatMap((metric) => [nameOf(metric), ...baselinesOf(metric, baselines).map((baseline) => `ratio to ${baseline}`)])
  const rows = contestants
    .filter((contestant) => shown.some((metric) => find(metric, contestant) != null))
    .map((contestant) => [contestant, ...shown.flatMap((metric) => formatCells(metric, contestant, baselinesOf(metric, baselines)))])

  return rows.length === 0 ? [] : [...markdownTable(['', ...header], rows), '']
}

function nameOf ({ name, isHeadline, isHigherBetter }: MetricSummary): string {
  return isHeadline ? `${name}, ${isHigherBetter ? 'more' : 'less'} is better` : name
}

function formatCells (metric: MetricSummary, contestant: string, baselines: string[]): string[] {
  const summary = find(metric, contestant)

  if (summary == null) {
    return ['', ...baselines.map(() => '')]
  }

  return [
    metric.isHeadline ? formatSpread(summary.value) : formatNumber(summary.value.median),
    ...baselines.map((baseline) => ratioTo(summary, baseline))
  ]
}

/** For each headline metric a row for each contestant, and one for each of our ratios to the rival; a column for each value of what grows. */
function formatSweep ({ points, sweep }: FigureSummary, { contestants, ours, baselines }: BenchRecord): string[] {
  const header = points.map(({ x }) => withThousands(String(x)))

  return points[0].metrics.filter(({ isHeadline }) => isHeadline).flatMap((first) => {
    const metrics = points.map(({ metrics }) => metrics.find(({ name }) => name === first.name) ?? first)
    const shown = contestants.filter((contestant) => metrics.some((metric) => find(metric, contestant) != null))
    const [rival] = baselinesOf(first, baselines)
    const ratios = rival == null
      ? []
      : ours.filter((name) => name !== rival && shown.includes(name))
        .map((name) => [`${name} / ${rival}`, ...metrics.map((metric) => ratioTo(find(metric, name), rival))])

    const values = shown.map((contestant) => [contestant, ...metrics.map((metric) => {
      const summary = find(metric, contestant)

      return summary == null ? '' : formatSpread(summary.value)
    })])

    return shown.length === 0 ? [] : [`${nameOf(first)}, by ${sweep?.label}:`, '', ...markdownTable(['', ...header], [...values, ...ratios]), '']
  })
}

/** Whom a metric has ratios to in its table. */
function baselinesOf ({ isHeadline, isRatio, contestants }: MetricSummary, baselines: string[]): string[] {
  return isHeadline && !isRatio ? baselines.filter((baseline) => contestants.some(({ contestant }) => contestant === baseline)) : []
}

function ratioTo (summary: ContestantSummary | undefined, baseline: string): string {
  const ratio = summary?.ratios[baseline]

  return ratio == null || summary?.contestant === baseline ? '' : formatRatio(ratio)
}

function find ({ contestants }: MetricSummary, name: string): ContestantSummary | undefined {
  return contestants.find(({ contestant }) => contestant === name)
}

function formatLeftOut ({ leftOut = [] }: BenchRecord): string[] {
  return leftOut.length === 0 ? [] : ['### Left out', '', ...leftOut.map(({ contestant, reason }) => `- ${contestant}: ${reason}`), '']
}

function formatFailures ({ failures }: BenchRecord): string[] {
  return failures.length === 0
    ? []
    : ['### Failed', '', ...failures.map(({ contestant, during, error }) => `- ${contestant}, ${during}: \`${error.split('\n')[0].replaceAll('`', '\'')}\``), '']
}

function capitalised (text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
