import { BINDING_PATH_VARIABLE } from '../build-path-variables.ts'
import { roundName, WARM_UP } from '../rounds.ts'
import { pointName, pointsOf } from '../sweep.ts'
import { starts, takeTurns } from '../turns.ts'
import { pairOf } from './contestants.ts'
import { FIGURES } from './figures.ts'
import { buildPrograms } from './peers.ts'
import { PerfPair } from './perf-pair.ts'
import type { ContestantName } from './contestants.ts'
import type { Figure, FigureName, Values } from './figures.ts'
import type { BuildInit, ForeignPrograms, Needs } from './peers.ts'
import type { Workload } from './workload.ts'
import type { LeftOut, RunSettings as SuiteSettings } from '../suite.ts'
import type { Failure, Turn, TurnsInit } from '../turns.ts'

/** Another build is a native binding's file. */
export type RunSettings = SuiteSettings<Workload, FigureName>

export interface RunResults {
  measurements: RoundMeasurement[]
  failures: Failure[]
  leftOut: LeftOut[]
}

export interface RoundMeasurement {
  contestant: ContestantName
  figure: FigureName
  /** From 1. */
  round: number
  /** Of a figure with a sweep. */
  x?: number
  values: Values
}

export interface RunInit extends Pick<TurnsInit, 'onProgress'> {
  build? (needs: Needs[], init: BuildInit): Promise<ForeignPrograms>
  createPair? (programs: ConstructorParameters<typeof PerfPair>[0]): ContestantPair
  /** What is measured, by default everything that there is. */
  figures?: Record<FigureName, Pick<Figure, 'measure' | 'sweep'>>
}

export type ContestantPair = Pick<PerfPair, 'start' | 'request' | 'stop'>

const MS_PER_SECOND = 1_000

/**
 * Builds what is not in the cache, and measures every figure of every contestant that can be built in every round; within a round the
 * contestants take turns at each figure.
 */
export async function runBenchmark (settings: RunSettings, init: RunInit = {}): Promise<RunResults> {
  const { onProgress, build = buildPrograms, createPair = (programs) => new PerfPair(programs), figures = FIGURES } = init
  const { contestants, builds = {} } = settings
  const built = await build(contestants.map(needsOf), { onProgress })
  const pairs = new Map([...built.programs].map(([contestant, programs]) => {
    const { client, server } = pairOf(contestant)

    return [contestant, createPair({ client: programs[client], server: programs[server], env: environmentOf(builds[contestant]) })]
  }))
  const measurements: RoundMeasurement[] = []

  try {
    const failures = await takeTurns([...starts(pairs), ...rounds(settings, { pairs, figures, measurements })], {
      onProgress,
      onFailure: async (contestant) => pairs.get(contestant)?.stop()
    })

    return { measurements, failures: [...built.failures, ...failures], leftOut: built.leftOut }
  } finally {
    await Promise.all([...pairs.values()].map(async (pair) => pair.stop()))
  }
}

function needsOf (contestant: ContestantName): Needs {
  const { client, server } = pairOf(contestant)

  return { contestant, peers: [client, server], program: 'perf' }
}

function environmentOf (buildPath: string | undefined): NodeJS.ProcessEnv {
  return buildPath == null ? {} : { [BINDING_PATH_VARIABLE]: buildPath }
}

type Pairs = Map<ContestantName, ContestantPair>

interface RoundsInit extends Required<Pick<RunInit, 'figures'>> {
  pairs: Pairs
  /** Where they go to. */
  measurements: RoundMeasurement[]
}

function rounds (settings: RunSettings, { pairs, figures, measurements }: RoundsInit): Turn[] {
  const { rounds, timeoutMs, isQuick } = settings
  const turns: Turn[] = []

  for (let round = WARM_UP; round <= rounds; round++) {
    for (const figure of settings.figures) {
      for (const { x, workload } of pointsOf(figures[figure], settings.workload, isQuick)) {
        for (const [contestant, pair] of pairs) {
          turns.push({
            contestant,
            during: `${roundName(round, rounds)}, ${pointName(figure, x)}`,
            take: async () => {
              const values = await withinTime(timeoutMs, async (signal) => figures[figure].measure(pair, { workload, signal }))

              if (round !== WARM_UP) {
                measurements.push({ contestant, figure, round, ...(x == null ? {} : { x }), values })
              }
            }
          })
        }
      }
    }
  }

  return turns
}

/** @throws {Error} when it is not done within */
async function withinTime<T> (timeoutMs: number, body: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const aborter = new AbortController()
  const timer = setTimeout(() => { aborter.abort(new Error(`Not done within ${timeoutMs / MS_PER_SECOND} s`)) }, timeoutMs)

  try {
    return await body(aborter.signal)
  } finally {
    clearTimeout(timer)
  }
}
