import { buildPrograms, versionsOf } from '../foreign/peers.ts'
import { CONTESTANT_NAMES, FURTHER_BASELINES, OURS, packagesOf, peerOf, RIVAL } from '../gossipsub/contestants.ts'
import { FIGURES, isMeasuredOf } from '../gossipsub/figures.ts'
import { runBenchmark } from '../gossipsub/run.ts'
import { DEFAULT_WORKLOAD, scaleWorkload } from '../gossipsub/workload.ts'
import { readMetrics } from '../metric.ts'
import type { ForeignPrograms, Needs } from '../foreign/peers.ts'
import type { Figure, FigureName } from '../gossipsub/figures.ts'
import type { RoundMeasurement } from '../gossipsub/run.ts'
import type { Workload } from '../gossipsub/workload.ts'
import type { RunSettings, Suite, SuiteMeasurement } from '../suite.ts'
import type { Program } from '@quicmesh/interop/peers'

export const gossipsub: Suite<Workload, FigureName> = {
  name: 'gossipsub',
  title: 'Gossipsub',
  about: 'The router over stub streams, and whole nodes over real ones, in new processes for each measurement. CPU is user and system time of all ' +
    'threads, garbage collection among it.',
  contestants: CONTESTANT_NAMES,
  ours: OURS,
  baselines: [RIVAL, ...FURTHER_BASELINES],
  figures: FIGURES,
  defaults: { rounds: 5, timeoutSeconds: 120, quick: { rounds: 1, scalePercent: 10 } },
  workload: DEFAULT_WORKLOAD,
  scaleWorkload,
  workloadOptions: [
    { name: 'rate', key: 'rate' satisfies keyof Workload, help: 'messages a second over real streams', max: 100_000 }
  ],
  buildHelp: 'the folder of the package, with its dist',
  packagesOf,
  versionsOf: (contestants) => versionsOf(contestants.flatMap((name) => peerOf(name) ?? [])),
  run: async (settings, init) => {
    const { programs, leftOut, failures: unbuilt } = await buildPrograms(needsOf(settings), init)
    const contestants = settings.contestants.filter((name) => peerOf(name) == null || programs.has(name))
    const { measurements, failures } = await runBenchmark({ ...settings, contestants }, { ...init, programs: programsOf(programs) })

    return { measurements: measurements.map(toSuite), failures: [...unbuilt, ...failures], leftOut }
  }
}

/** Nothing is built for figures that no program has. */
function needsOf ({ contestants, figures }: RunSettings<Workload, FigureName>): Needs[] {
  return contestants.flatMap((contestant) => {
    const peer = peerOf(contestant)
    const isMeasured = figures.some((figure) => isMeasuredOf(FIGURES[figure], contestant))

    return peer != null && isMeasured ? [{ contestant, peers: [peer], program: 'gossip-load' as const }] : []
  })
}

function programsOf (programs: ForeignPrograms['programs']): Record<string, Program> {
  return Object.fromEntries([...programs].map(([contestant, ofPeers]) => [contestant, Object.values(ofPeers)[0]]))
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
