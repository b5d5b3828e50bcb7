import type { Workload } from '../src/workload.ts'

/** Just enough of everything that each figure does all that it does. */
export const TINY_WORKLOAD: Readonly<Workload> = {
  bytes: 1_000_000,
  pathBytes: 200_000,
  lossyBytes: 100_000,
  roundTripMs: 10,
  lossPercent: 0,
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
  sweptBytes: 1_000_000,
  sweptMessages: 200,
  messageBytes: 100,
  sharedConnections: 3,
  busyPercent: 50,
  busyBytes: 500_000,
  busyMessages: 200,
  busyEchoes: 10,
  quietConnections: 2,
  idleConnections: 4,
  warmConnections: 2,
  idleStreams: 4
}
