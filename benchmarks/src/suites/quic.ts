import { CONTESTANT_NAMES, FURTHER_BASELINES, OURS, packagesOf, RIVAL } from '../contestants.ts'
import { FIGURES } from '../figures.ts'
import { readMetrics } from '../metric.ts'
import { runBenchmark } from '../run.ts'
import { DEFAULT_WORKLOAD, scaleWorkload } from '../workload.ts'
import type { Figure, FigureName } from '../figures.ts'
import type { RoundMeasurement } from '../run.ts'
import type { Suite, SuiteMeasurement } from '../suite.ts'
import type { Workload } from '../workload.ts'

/** Two ends on plain loopback. */
export const quic: Suite<Workload, FigureName> = {
  name: 'quic',
  title: 'Streams and connections',
  about: 'Client and server of each contestant in processes of their own, on loopback, with a new connection for each measurement. MB is 10^6 bytes, ' +
    'GB is 10^9 bytes, payload alone. CPU is user and system time of all threads of both processes.',
  contestants: CONTESTANT_NAMES,
  ours: OURS,
  baselines: [RIVAL, ...FURTHER_BASELINES],
  figures: figuresThat((figure) => figure.path == null),
  defaults: { rounds: 5, timeoutSeconds: 60, quick: { rounds: 3, scalePercent: 10 } },
  workload: DEFAULT_WORKLOAD,
  scaleWorkload,
  workloadOptions: [
    { name: 'bytes', key: 'bytes' satisfies keyof Workload, help: 'payload of one upload or download', max: 1e12 },
    { name: 'echoes', key: 'echoes' satisfies keyof Workload, help: 'round trips of one echo measurement', max: 1e6 }
  ],
  buildHelp: 'a .node file is taken for its native binding, a folder for the whole package, with its dist',
  packagesOf,
  run: async (settings, init) => {
    const { measurements, failures } = await runBenchmark(settings, init)

    return { measurements: measurements.map(toSuite), failures }
  }
}

export function figuresThat (predicate: (figure: Figure) => boolean): Record<string, Figure> {
  return Object.fromEntries(Object.entries<Figure>(FIGURES).filter(([, figure]) => predicate(figure)))
}

function toSuite ({ contestant, figure, round, x, samples, ...measured }: RoundMeasurement): SuiteMeasurement {
  const { metrics }: Figure = FIGURES[figure]

  return {
    contestant,
    figure,
    round,
    ...(x == null ? {} : { x }),
    values: readMetrics(metrics, measured),
    measured,
    ...(samples == null ? {} : { samples })
  }
}
