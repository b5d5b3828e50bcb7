import type { MetricInfo } from './metric.ts'
import type { Swept } from './sweep.ts'
import type { Failure, Step } from './turns.ts'

/**
 * A set of figures and contestants that are measured in one run: all that options, reports and documents have to know of it. To add one:
 * a module under `suites/` and a line in `suites.ts`.
 */
export interface Suite<Workload extends object = object, FigureName extends string = string> {
  /** Of its script, `bench:NAME`, and of its file of results. */
  name: string
  /** Its heading in documents. */
  title: string
  /** What a reader has to know of all its figures, in a sentence or two. */
  about: string
  /** In the order in which they are measured. */
  contestants: string[]
  /** Whose goals are told, and what another build is measured as and beside. */
  ours: string
  /** Whom there are ratios to, the rival first. */
  baselines: string[]
  /** In the order in which they are measured. */
  figures: Record<string, SuiteFigure<Workload>>
  defaults: SuiteDefaults
  workload: Workload
  scaleWorkload (percent: number): Workload
  /** Options of its own, each of which sets a number of the workload. */
  workloadOptions: WorkloadOption[]
  /** What `--build NAME=PATH` takes, without a full stop. */
  buildHelp: string
  /** Whose versions a result names. */
  packagesOf (contestants: string[]): string[]
  /** Of what is no package of npm: versions by name. */
  versionsOf? (contestants: string[]): Record<string, string>
  /** Takes turns at every figure of every contestant in every round. */
  run (settings: RunSettings<Workload, FigureName>, init: RunInit): Promise<SuiteResults>
}

/** As much of a figure as a report tells. */
export interface SuiteFigure<Workload> extends Swept<Workload> {
  describe (workload: Workload): string
  metrics: MetricInfo[]
  /** For what takes long: it is measured in the first of so many rounds, in the first of the next ones, and so on; in all unless told. */
  everyNthRound?: number
}

export interface SuiteDefaults {
  rounds: number
  timeoutSeconds: number
  /** For a first look: the spread of so few and short rounds is wide. */
  quick: { rounds: number, scalePercent: number }
}

export interface WorkloadOption {
  name: string
  /** Of the workload. */
  key: string
  help: string
  max: number
}

export interface RunSettings<Workload, FigureName extends string = string> {
  contestants: string[]
  figures: FigureName[]
  /** Other builds of ours by the name that the contestant gets: paths. */
  builds?: Record<string, string>
  /** Counted ones. */
  rounds: number
  /** Fewer values of every sweep. */
  isQuick?: boolean
  workload: Workload
  /** For one figure of one contestant in one round. */
  timeoutMs: number
}

export interface RunInit {
  /** Told what is being done, as it begins. */
  onProgress? (step: Step): void
}

export interface SuiteResults {
  measurements: SuiteMeasurement[]
  failures: Failure[]
  /** Those that this machine has nothing to run with; that is no failure. */
  leftOut?: LeftOut[]
}

export interface LeftOut {
  contestant: string
  /** 'go-libp2p needs go, and there is none'. */
  reason: string
}

/** One figure of one contestant in one round. */
export interface SuiteMeasurement {
  contestant: string
  figure: string
  /** From 1. */
  round: number
  /** Of a figure with a sweep. */
  x?: number
  /** By the name of the metric; one that is no finite number counts as not measured. */
  values: Record<string, number>
  /** What the metrics were read from. */
  measured: object
  /** Each of what was measured many times, by what it is and its unit. */
  samples?: Record<string, number[]>
}
