import { PerfLab } from './perf-lab.ts'
import { speedFigures, speedTables } from './speed-tables.ts'
import type { TransportName } from './perf-lab.ts'
import type { Workload } from './perf-report.ts'
import type { CellContext, CellResult } from '../runner/cell.ts'

/** Counted; one before them is not. */
const ROUNDS = 5

const TRANSFER_BYTES = 100_000_000

export interface Pair {
  client: string
  server: string
}

export interface Figure {
  name: string
  unit: 'Mbit/s' | 'ms'
  workload: Workload
  /** Of the seconds that a client reports. */
  value (seconds: number): number
}

export const FIGURES: Figure[] = [
  { name: 'up', unit: 'Mbit/s', workload: { uploadBytes: TRANSFER_BYTES, downloadBytes: 0 }, value: megabitsPerSecond },
  { name: 'down', unit: 'Mbit/s', workload: { uploadBytes: 0, downloadBytes: TRANSFER_BYTES }, value: megabitsPerSecond },
  { name: 'connect + 1 byte', unit: 'ms', workload: { uploadBytes: 1, downloadBytes: 1 }, value: (seconds) => seconds * 1_000 }
]

/** What one pair had in one figure, a value a round. */
export interface Series extends Pair {
  figure: Figure
  values: number[]
}

/** Measures all pairs in turn, round by round: what slows the machine down for a while slows all. */
export async function runSpeed (pairs: Pair[], transport: TransportName, context: CellContext): Promise<CellResult> {
  const servers = [...new Set(pairs.map(({ server }) => server))]
  const series: Series[] = pairs.flatMap((pair) => FIGURES.map((figure) => ({ ...pair, figure, values: [] })))

  await PerfLab.with({ servers, transport, hasQlog: false }, context, async (lab) => {
    for (const { client, server } of pairs) {
      await lab.untilReady(client, server)
    }

    for (let round = 0; round <= ROUNDS; round++) {
      for (const { client, server, figure, values } of rotated(series, round)) {
        const seconds = await lab.run(client, server, figure.workload)

        if (round > 0) {
          values.push(figure.value(seconds))
        }
      }
    }
  })

  return { figures: speedFigures(series), notes: speedTables(series, transport, ROUNDS) }
}

/** Nobody is always the first of a round. */
function rotated<T> (items: T[], by: number): T[] {
  const start = by % items.length

  return [...items.slice(start), ...items.slice(0, start)]
}

function megabitsPerSecond (seconds: number): number {
  return TRANSFER_BYTES * 8 / 1e6 / seconds
}
