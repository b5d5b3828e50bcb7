import { FIGURES, isMeasuredOf } from './figures.ts'
import { Pair } from './processes/pair.ts'
import type { ContestantName } from './contestants.ts'
import type { Figure, FigureName, Measurement } from './figures.ts'
import type { MeasureInit } from './processes/pair.ts'
import type { Workload } from './workload.ts'

export interface RunSettings {
  contestants: ContestantName[]
  figures: FigureName[]
  /** Other builds of ours by the name that the contestant gets: a native binding's file, or a package's folder. */
  builds?: Record<string, string>
  /** Counted ones; a warm-up round comes before them. */
  rounds: number
  workload: Workload
  /** For one figure of one contestant in one round. */
  timeoutMs: number
}

export interface RunResults {
  measurements: RoundMeasurement[]
  failures: Failure[]
}

export interface RoundMeasurement extends Measurement {
  contestant: ContestantName
  figure: FigureName
  /** From 1. */
  round: number
}

/** A contestant that fails once is out of the run: the others go on. */
export interface Failure {
  contestant: ContestantName
  /** What was being done. */
  during: string
  error: string
}

export interface RunInit {
  /** Told what is being done, as it begins. */
  onProgress? (text: string): void
  createPair? (contestant: ContestantName): ContestantPair
}

/** A contestant's two ends. */
export type ContestantPair = Pick<Pair, 'start' | 'measure' | 'stop'>

/** Not counted: processes load code and the engine compiles it. Not every figure needs it. */
const WARM_UP = 0

/**
 * Measures every figure of every contestant in every round. Within a round the contestants take turns at each figure,
 * so that what they are compared with was measured a moment ago.
 */
export async function runBenchmark (settings: RunSettings, init: RunInit = {}): Promise<RunResults> {
  const { contestants, figures, rounds, workload, timeoutMs } = settings
  const { onProgress, createPair = (contestant) => new Pair({ buildPath: settings.builds?.[contestant] }) } = init
  const results: RunResults = { measurements: [], failures: [] }
  const pairs = new Map<ContestantName, ContestantPair>()

  /** Takes the contestant out of the run when the step fails. */
  const attempt = async (contestant: ContestantName, during: string, step: (pair: ContestantPair) => Promise<void>): Promise<void> => {
    const pair = pairs.get(contestant)

    if (pair == null) {
      return
    }

    onProgress?.(`${during}, ${contestant}`)

    try {
      await step(pair)
    } catch (err) {
      results.failures.push({ contestant, during, error: err instanceof Error ? err.message : String(err) })
      pairs.delete(contestant)
      await pair.stop()
    }
  }

  try {
    for (const contestant of contestants) {
      pairs.set(contestant, createPair(contestant))
      await attempt(contestant, 'start', async (pair) => pair.start(contestant))
    }

    for (let round = WARM_UP; round <= rounds; round++) {
      for (const figure of figures) {
        if (round === WARM_UP && needsNoWarmUp(figure)) {
          continue
        }

        for (const contestant of contestants.filter((contestant) => isMeasuredOf(figure, contestant))) {
          await attempt(contestant, `${roundName(round, rounds)}, ${figure}`, async (pair) => {
            const measurement = needsFreshProcesses(figure)
              ? await measureOnce(createPair(contestant), contestant, figure, { workload, timeoutMs, seed: round })
              : await pair.measure(figure, { workload, timeoutMs, seed: round })

            if (round !== WARM_UP) {
              results.measurements.push({ contestant, figure, round, ...measurement })
            }
          })
        }
      }
    }
  } finally {
    await Promise.all([...pairs.values()].map(async (pair) => pair.stop()))
  }

  return results
}

/** In processes that do nothing else. */
async function measureOnce (pair: ContestantPair, contestant: ContestantName, figure: FigureName, init: MeasureInit): Promise<Measurement> {
  try {
    await pair.start(contestant)

    return await pair.measure(figure, init)
  } finally {
    await pair.stop()
  }
}

function needsFreshProcesses (name: FigureName): boolean {
  const figure: Figure = FIGURES[name]

  return figure.needsFreshProcesses ?? false
}

function needsNoWarmUp (name: FigureName): boolean {
  const figure: Figure = FIGURES[name]

  return figure.needsNoWarmUp ?? false
}

function roundName (round: number, rounds: number): string {
  return round === WARM_UP ? 'warm-up round' : `round ${round} of ${rounds}`
}
