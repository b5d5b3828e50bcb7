import { FIGURES } from './figures.ts'
import type { ContestantName } from './contestants.ts'
import type { Figure, FigureName, Values } from './figures.ts'
import type { Workload } from './workload.ts'
import type { Failure } from '../run.ts'

export interface RunSettings {
  contestants: ContestantName[]
  figures: FigureName[]
  /** Folders of other builds of our package, by the name that the contestant gets. */
  builds?: Record<string, string>
  rounds: number
  workload: Workload
  /** For one figure of one contestant in one round. */
  timeoutMs: number
}

export interface RunResults {
  measurements: RoundMeasurement[]
  /** A contestant that fails is out of the run: the others go on. */
  failures: Failure[]
}

export interface RoundMeasurement {
  contestant: ContestantName
  figure: FigureName
  /** From 1. */
  round: number
  values: Values
}

export interface RunInit {
  /** Told what is being done, as it begins. */
  onProgress?(text: string): void
  /** What is measured, by default everything that there is. */
  figures?: Record<FigureName, Pick<Figure, 'measure'>>
}

/** Measures every figure of every contestant in every round; within a round the contestants take turns at each figure. */
export async function runBenchmark (settings: RunSettings, { onProgress, figures = FIGURES }: RunInit = {}): Promise<RunResults> {
  const { contestants, rounds, workload, timeoutMs, builds = {} } = settings
  const results: RunResults = { measurements: [], failures: [] }
  const failed = new Set<ContestantName>()

  for (let round = 1; round <= rounds; round++) {
    for (const figure of settings.figures) {
      for (const contestant of contestants.filter((contestant) => !failed.has(contestant))) {
        const during = `round ${round} of ${rounds}, ${figure}`
        onProgress?.(`${during}, ${contestant}`)

        try {
          const values = await figures[figure].measure({ name: contestant, buildPath: builds[contestant] }, { workload, timeoutMs })
          results.measurements.push({ contestant, figure, round, values })
        } catch (err) {
          failed.add(contestant)
          results.failures.push({ contestant, during, error: err instanceof Error ? err.message : String(err) })
        }
      }
    }
  }

  return results
}
