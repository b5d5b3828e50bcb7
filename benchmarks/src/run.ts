import { FIGURES, isMeasuredOf } from './figures.ts'
import { Pair } from './processes/pair.ts'
import { isMeasuredIn, roundName, WARM_UP } from './rounds.ts'
import { pointName, pointsOf } from './sweep.ts'
import { starts, takeTurns } from './turns.ts'
import type { ContestantName } from './contestants.ts'
import type { Figure, FigureName, Measurement } from './figures.ts'
import type { MeasureInit } from './processes/pair.ts'
import type { RunSettings as SuiteSettings } from './suite.ts'
import type { Failure, Step, Turn } from './turns.ts'
import type { Workload } from './workload.ts'

/** Another build is a native binding's file or a package's folder; a warm-up round comes before the counted ones. */
export type RunSettings = SuiteSettings<Workload, FigureName>

export interface RunResults {
  measurements: RoundMeasurement[]
  failures: Failure[]
}

export interface RoundMeasurement extends Measurement {
  contestant: ContestantName
  figure: FigureName
  /** From 1. */
  round: number
  /** Of a figure with a sweep. */
  x?: number
}

export interface RunInit {
  /** Told what is being done, as it begins. */
  onProgress? (step: Step): void
  createPair? (contestant: ContestantName): ContestantPair
  /** What is measured, by default everything that there is. */
  figures?: Record<FigureName, Figure>
}

/** A contestant's two ends. */
export type ContestantPair = Pick<Pair, 'start' | 'measure' | 'stop'>

/**
 * Measures every figure of every contestant in every round. Within a round the contestants take turns at each figure,
 * so that what they are compared with was measured a moment ago.
 */
export async function runBenchmark (settings: RunSettings, init: RunInit = {}): Promise<RunResults> {
  const { onProgress, figures = FIGURES, createPair = (contestant) => new Pair({ buildPath: settings.builds?.[contestant] }) } = init
  const pairs = new Map(settings.contestants.map((contestant) => [contestant, createPair(contestant)]))
  const measurements: RoundMeasurement[] = []

  try {
    const turns = [...starts(pairs), ...roundsOf(settings, { pairs, createPair, figures, measurements })]
    const failures = await takeTurns(turns, {
      onProgress,
      onFailure: async (contestant) => pairs.get(contestant)?.stop()
    })

    // whoever has failed was stopped then
    failures.forEach(({ contestant }) => { pairs.delete(contestant) })

    return { measurements, failures }
  } finally {
    await Promise.all([...pairs.values()].map(async (pair) => pair.stop()))
  }
}

interface RoundsInit extends Required<Pick<RunInit, 'createPair' | 'figures'>> {
  pairs: Map<ContestantName, ContestantPair>
  /** Where they go to. */
  measurements: RoundMeasurement[]
}

function roundsOf (settings: RunSettings, { pairs, createPair, figures, measurements }: RoundsInit): Turn[] {
  const { rounds, timeoutMs, isQuick } = settings
  const turns: Turn[] = []

  for (let round = WARM_UP; round <= rounds; round++) {
    for (const name of settings.figures) {
      const figure = figures[name]

      if (round === WARM_UP ? figure.needsNoWarmUp === true : !isMeasuredIn(round, figure)) {
        continue
      }

      for (const { x, workload } of pointsOf(figure, settings.workload, isQuick)) {
        for (const [contestant, pair] of [...pairs].filter(([contestant]) => isMeasuredOf(name, contestant))) {
          turns.push({
            contestant,
            during: `${roundName(round, rounds)}, ${pointName(name, x)}`,
            take: async () => {
              const init = { workload, timeoutMs, seed: round }
              const measurement = figure.needsFreshProcesses === true
                ? await measureOnce(createPair(contestant), contestant, name, init)
                : await pair.measure(name, init)

              if (round !== WARM_UP) {
                measurements.push({ contestant, figure: name, round, ...(x == null ? {} : { x }), ...measurement })
              }
            }
          })
        }
      }
    }
  }

  return turns
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
