import { CONTESTANT_NAMES, OURS, packagesOf, RIVAL } from '../gossipsub/contestants.ts'
import { FIGURES } from '../gossipsub/figures.ts'
import { runBenchmark } from '../gossipsub/run.ts'
import { DEFAULT_WORKLOAD, scaleWorkload } from '../gossipsub/workload.ts'
import { readMetrics } from '../metric.ts'
import type { Figure, FigureName } from '../gossipsub/figures.ts'
import type { RoundMeasurement } from '../gossipsub/run.ts'
import type { Workload } from '../gossipsub/workload.ts'
import type { Suite, SuiteMeasurement } from '../suite.ts'

export const gossipsub: Suite<Workload, FigureName> = {
  name: 'gossipsub',
  title: 'Gossipsub',
  about: 'The router over stub streams, and whole nodes over real ones, in new processes for each measurement. CPU is user and system time of all ' +
    'threads, garbage collection among it.',
  contestants: CONTESTANT_NAMES,
  ours: OURS,
  baselines: [RIVAL],
  figures: FIGURES,
  defaults: { rounds: 5, timeoutSeconds: 120, quick: { rounds: 1, scalePercent: 10 } },
  workload: DEFAULT_WORKLOAD,
  scaleWorkload,
  workloadOptions: [
    { name: 'rate', key: 'rate' satisfies keyof Workload, help: 'messages a second over real streams', max: 100_000 }
  ],
  buildHelp: 'the folder of the package, with its dist',
  packagesOf,
  run: async (settings, init) => {
    const { measurements, failures } = await runBenchmark(settings, init)

    return { measurements: measurements.map(toSuite), failures }
  }
}

function toSuite ({ contestant, figure, round, x, values, samples }: RoundMeasurement): SuiteMeasurement {
  const { metrics }: Figure = FIGURES[figure]

  return {
    contestant,
    figure,
    round,
    ...(x == null ? {} : { x }),
    values: readMetrics(metrics, values),
    measured: { values },
    ...(samples == null ? {} : { samples })
  }
}
