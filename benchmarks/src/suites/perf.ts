import { BASELINES, CONTESTANT_NAMES, OURS, peersOf } from '../foreign/contestants.ts'
import { FIGURES } from '../foreign/figures.ts'
import { versionsOf } from '../foreign/peers.ts'
import { runBenchmark } from '../foreign/run.ts'
import { DEFAULT_WORKLOAD, scaleWorkload } from '../foreign/workload.ts'
import { readMetrics } from '../metric.ts'
import type { Figure, FigureName } from '../foreign/figures.ts'
import type { RoundMeasurement } from '../foreign/run.ts'
import type { Workload } from '../foreign/workload.ts'
import type { Suite, SuiteMeasurement } from '../suite.ts'

/** Libraries of the same peers that no perf program uses. */
const UNUSED = /gossipsub|pubsub/

export const perf: Suite<Workload, FigureName> = {
  name: 'perf',
  title: 'Beside go-libp2p and rust-libp2p',
  about: 'Programs of libp2p\'s perf protocol over QUIC on loopback, CLIENT-SERVER: a server for the whole run, a client\'s process for each request. ' +
    'MB is 10^6 bytes, GB is 10^9 bytes, payload alone. A transfer\'s figures are the difference between two clients, one of which carries so much more.',
  contestants: CONTESTANT_NAMES,
  ours: OURS,
  baselines: BASELINES,
  figures: FIGURES,
  defaults: { rounds: 5, timeoutSeconds: 60, quick: { rounds: 3, scalePercent: 20 } },
  workload: DEFAULT_WORKLOAD,
  scaleWorkload,
  workloadOptions: [
    { name: 'bytes', key: 'bytes' satisfies keyof Workload, help: 'payload that a transfer is timed for', max: 1e12 },
    { name: 'requests', key: 'requests' satisfies keyof Workload, help: 'clients of one request measurement', max: 1e4 }
  ],
  buildHelp: 'the file of its native binding, for both sides',
  packagesOf: () => [],
  versionsOf: (contestants) => Object.fromEntries(Object.entries(versionsOf(peersOf(contestants))).filter(([library]) => !UNUSED.test(library))),
  run: async (settings, init) => {
    const { measurements, ...rest } = await runBenchmark(settings, init)

    return { measurements: measurements.map(toSuite), ...rest }
  }
}

function toSuite ({ contestant, figure, round, x, values }: RoundMeasurement): SuiteMeasurement {
  const { metrics }: Figure = FIGURES[figure]

  return { contestant, figure, round, ...(x == null ? {} : { x }), values: readMetrics(metrics, values), measured: { values } }
}
