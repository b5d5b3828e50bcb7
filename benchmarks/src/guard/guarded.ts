import { SUBSCRIBED_TOPICS, SUBSCRIBING_PEERS } from '../gossipsub/router/subscribing.ts'
import { scaleWorkload as scaleGossipsub } from '../gossipsub/workload.ts'
import { ECHO_BYTES } from '../protocols/echo.ts'
import { SEND_BYTES } from '../protocols/send.ts'
import { gossipsub } from '../suites/gossipsub.ts'
import { quic } from '../suites/quic.ts'
import { scaleWorkload as scaleQuic } from '../workload.ts'
import type { Yardstick } from './yardsticks.ts'
import type { Suite } from '../suite.ts'

/** A figure of ours against a yardstick, whose ratio must not fall. */
export interface GuardedRatio {
  /** Of its committed value, and for `--only`. */
  name: string
  suite: Suite
  figure: string
  /** Of the figure. */
  metric: string
  yardstick: Yardstick
  /** All numbers that say how much the figure does in a round, by their names. */
  work: Work
}

export type Work = Record<string, number>

const QUIC = scaleQuic(100)
const GOSSIPSUB = scaleGossipsub(100)

/** In the order in which they are told. What is not among them, and why, stands in the README. */
export const GUARDED: GuardedRatio[] = [
  { name: 'upload-cpu', suite: quic, figure: 'upload', metric: 'CPU s/GB', yardstick: 'raw-quinn', work: { bytes: QUIC.bytes, sendBytes: SEND_BYTES } },
  {
    name: 'streams-cpu',
    suite: quic,
    figure: 'streams',
    metric: 'client CPU s',
    yardstick: 'tcp-noise-yamux',
    work: { streams: QUIC.streams, concurrentStreams: QUIC.concurrentStreams, echoBytes: ECHO_BYTES }
  },
  { name: 'subscribe', suite: gossipsub, figure: 'subscribe', metric: 'frames', yardstick: 'libp2p-17', work: { topics: SUBSCRIBED_TOPICS, peers: SUBSCRIBING_PEERS } }
]

export const GUARDED_NAMES = GUARDED.map(({ name }) => name)

/** Of a round, by the name of the suite. The committed values hold for it and for nothing else: what a message costs falls with their number. */
export const WORKLOADS: Record<string, object> = {
  [quic.name]: QUIC,
  [gossipsub.name]: GOSSIPSUB
}

export function isHigherBetter ({ suite, figure, metric }: GuardedRatio): boolean {
  const info = suite.figures[figure]?.metrics.find(({ name }) => name === metric)

  if (info == null) {
    throw new Error(`${suite.name} has no ${metric} of ${figure}`)
  }

  return info.isHigherBetter
}

/** Measures the figure at full length, with tables. */
export function closerLook ({ suite, figure, yardstick }: GuardedRatio): string {
  return `npm run bench:${suite.name} -- --figures ${figure} --only ${suite.ours},${yardstick} --rounds 9`
}
