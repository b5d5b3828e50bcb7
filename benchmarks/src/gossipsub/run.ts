import { isMeasuredIn } from '../rounds.ts'
import { pointName, pointsOf } from '../sweep.ts'
import { takeTurns } from '../turns.ts'
import { FIGURES, isMeasuredOf } from './figures.ts'
import type { ContestantName } from './contestants.ts'
import type { Figure, FigureName, Sampled, Values } from './figures.ts'
import type { Workload } from './workload.ts'
import type { RunSettings as SuiteSettings } from '../suite.ts'
import type { Failure, Step, Turn } from '../turns.ts'
import type { Program } from '@quicmesh/interop/peers'

/** Another build is a package's folder. */
export type RunSettings = SuiteSettings<Workload, FigureName>

export interface RunResults {
  measurements: RoundMeasurement[]
  /** What a contestant fails in, it does not do again; it goes on with the rest. */
  failures: Failure[]
}

export interface RoundMeasurement {
  contestant: ContestantName
  figure: FigureName
  /** From 1. */
  round: number
  /** Of a figure with a sweep. */
  x?: number
  values: Values
  /** Each of what was measured many times in the round, by what it is and its unit. */
  samples?: Record<string, number[]>
}

export interface RunInit {
  /** Told what is being done, as it begins. */
  onProgress?(step: Step): void
  /** What is measured, by default everything that there is. */
  figures?: Record<FigureName, Pick<Figure, 'measure' | 'sweep' | 'isOfNodes' | 'everyNthRound'>>
  /** Of the contestants that are programs. */
  programs?: Record<ContestantName, Program>
}

/** Measures every figure of every contestant in every round; within a round the contestants take turns at each figure. */
export async function runBenchmark (settings: RunSettings, { onProgress, figures = FIGURES, programs = {} }: RunInit = {}): Promise<RunResults> {
  const { contestants, rounds, timeoutMs, isQuick, builds = {} } = settings
  const measurements: RoundMeasurement[] = []
  const turns: Turn[] = []

  for (let round = 1; round <= rounds; round++) {
    for (const figure of settings.figures) {
      if (!isMeasuredIn(round, figures[figure])) {
        continue
      }

      for (const { x, workload } of pointsOf(figures[figure], settings.workload, isQuick)) {
        for (const contestant of contestants.filter((contestant) => isMeasuredOf(figures[figure], contestant))) {
          turns.push({
            contestant,
            // in processes of its own each time: what it can't do once says nothing of the rest
            scope: `${contestant}, ${pointName(figure, x)}`,
            during: `round ${round} of ${rounds}, ${pointName(figure, x)}`,
            take: async () => {
              const init = { name: contestant, buildPath: builds[contestant], program: programs[contestant] }
              const measured = await figures[figure].measure(init, { workload, timeoutMs })
              measurements.push({ contestant, figure, round, ...(x == null ? {} : { x }), ...(isSampled(measured) ? measured : { values: measured }) })
            }
          })
        }
      }
    }
  }

  return { measurements, failures: await takeTurns(turns, { onProgress }) }
}

function isSampled (measured: Values | Sampled): measured is Sampled {
  return typeof measured.samples === 'object'
}
