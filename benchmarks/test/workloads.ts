import type { Workload } from '../src/workload.ts'

/** Just enough of everything that each figure does all that it does. */
export const TINY_WORKLOAD: Readonly<Workload> = {
  bytes: 1_000_000,
  loss0Bytes: 200_000,
  loss1Bytes: 50_000,
  loss5Bytes: 20_000,
  echoes: 20,
  streams: 20,
  concurrentStreams: 4,
  dials: 3,
  bursts: 2,
  burstDials: 4,
  messages: 500,
  fanoutMessages: 100,
  fanoutConnections: 3,
  sharedStreams: 4,
  idleConnections: 4,
  warmConnections: 2
}
