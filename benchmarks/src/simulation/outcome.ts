import { Quantiles } from './quantiles.ts'
import type { Trial } from './trial.ts'

export interface Distribution {
  mean: number
  p50: number
  p90: number
  p99: number
  max: number
}

/** What is told of the networks of one kind, together. It follows from the seed. */
export interface Outcome {
  networks: number
  deliveries: number
  deliveredPercent: number
  latencyMs: Distribution
  /** Percentiles 0 to 100 of the same, to draw. */
  latencyCurveMs: number[]
  /** From publisher to node straight, with nothing in its way. */
  directMs: Distribution
  hops: Distribution
  meshSize: { min: number, mean: number, max: number }
  /** Below: for each node and message, control frames of the idle network (GRAFT, PRUNE) included. */
  copies: number
  duplicates: number
  bytes: number
  controlBytes: number
  gossipBytes: number
  idontwantBytes: number
  /** Copies that an IWANT asked for. */
  replies: number
  /** Copies that waited for the uplink and were taken back by IDONTWANT, or dropped because they had waited for too long. */
  cancelled: number
  stale: number
  /** What routers refused, all in all: limits, scores, backoffs. */
  dropped: number
}

/** What is told of what that took: it does not follow from the seed. */
export interface MeanCost {
  /** CPU for each node and message, less what the idle network takes in that time, us. */
  cpuUs: number
  /** CPU of an idle node for each second of virtual time: heartbeats, us. */
  idleCpuUsPerSecond: number
  /** Memory for each node, meshes formed, before the first message. */
  memoryBytes: number
  /** All in all, ms. */
  wallMs: number
}

export function outcomeOf (trials: readonly Trial[], { nodes, messages }: { nodes: number, messages: number }): Outcome {
  const pairs = nodes * messages * trials.length
  const total = (of: (trial: Trial) => number): number => trials.reduce((sum, trial) => sum + of(trial), 0)
  const delivered = total(trial => trial.delivered)
  const latencies = new Quantiles(trials.flatMap(({ latenciesMs }) => latenciesMs))

  return {
    networks: trials.length,
    deliveries: delivered,
    deliveredPercent: 100 * delivered / total(trial => trial.expected),
    latencyMs: distribution(latencies),
    latencyCurveMs: Array.from({ length: 101 }, (_, percent) => Number(latencies.at(percent).toFixed(2))),
    directMs: distribution(new Quantiles(trials.flatMap(({ directMs }) => directMs))),
    hops: distribution(new Quantiles(trials.flatMap(({ hops }) => hops))),
    meshSize: {
      min: Math.min(...trials.map(({ meshSize }) => meshSize.min)),
      mean: total(({ meshSize }) => meshSize.mean) / trials.length,
      max: Math.max(...trials.map(({ meshSize }) => meshSize.max))
    },
    copies: total(({ traffic }) => traffic.messages) / pairs,
    duplicates: total(({ traffic }) => traffic.duplicates) / pairs,
    bytes: total(({ traffic }) => traffic.messageBytes + traffic.controlBytes) / pairs,
    controlBytes: total(({ traffic }) => traffic.controlBytes) / pairs,
    gossipBytes: total(({ traffic }) => traffic.gossipBytes) / pairs,
    idontwantBytes: total(({ traffic }) => traffic.idontwantBytes) / pairs,
    replies: total(({ traffic }) => traffic.replies) / pairs,
    cancelled: total(({ traffic }) => traffic.cancelled) / pairs,
    stale: total(({ traffic }) => traffic.stale) / pairs,
    dropped: total(({ traffic }) => traffic.dropped)
  }
}

export function costOf (trials: readonly Trial[], { nodes, messages }: { nodes: number, messages: number }): MeanCost {
  const all = nodes * trials.length
  const total = (of: (trial: Trial) => number): number => trials.reduce((sum, trial) => sum + of(trial), 0)
  const idleUsPerMs = total(({ cost }) => cost.idleCpuUs) / total(({ idleMs }) => idleMs)

  return {
    cpuUs: (total(({ cost }) => cost.loadedCpuUs) - idleUsPerMs * total(({ loadedMs }) => loadedMs)) / (all * messages),
    idleCpuUsPerSecond: idleUsPerMs * 1_000 * trials.length / all,
    memoryBytes: total(({ cost }) => cost.memoryBytes) / all,
    wallMs: total(({ cost }) => cost.wallMs)
  }
}

function distribution (quantiles: Quantiles): Distribution {
  return { mean: quantiles.mean, p50: quantiles.at(50), p90: quantiles.at(90), p99: quantiles.at(99), max: quantiles.at(100) }
}
