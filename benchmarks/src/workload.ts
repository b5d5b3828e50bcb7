/** How much the figures do in one round. All are counts, but for bytes. */
export interface Workload {
  /** Payload of a transfer. */
  bytes: number
  /** Of one over a path without loss. */
  pathBytes: number
  /** Of one over a path with loss, the same however much is lost. */
  lossyBytes: number
  /** Of that path. */
  roundTripMs: number
  /** In each direction. */
  lossPercent: number
  /** Round trips of the echo, one after the other. */
  echoes: number
  /** Streams opened for one echo each. */
  streams: number
  /** As many of these at once. */
  concurrentStreams: number
  /** Dials one after the other. */
  dials: number
  /** Times that `burstDials` are made at once. */
  bursts: number
  burstDials: number
  /** Small sends on one stream. */
  messages: number
  /** Small sends on each of `fanoutConnections`. */
  fanoutMessages: number
  fanoutConnections: number
  /** Streams that share a connection and `bytes`. */
  sharedStreams: number
  /** Payload of one point of a sweep over sizes, streams or connections. */
  sweptBytes: number
  /** Sends of one point of a sweep over sizes, unless `sweptBytes` are fewer. */
  sweptMessages: number
  /** Of one such send. */
  messageBytes: number
  /** Connections that share `sweptBytes`. */
  sharedConnections: number
  /** Of the event loop that reads, by other work. */
  busyPercent: number
  /** What is done beside that. */
  busyBytes: number
  busyMessages: number
  busyEchoes: number
  /** Connections without traffic beside that. */
  quietConnections: number
  /** Connections whose memory is measured. */
  idleConnections: number
  /** Made before them, so that code is loaded and compiled. */
  warmConnections: number
  /** Open streams whose memory is measured. */
  idleStreams: number
}

/** From 0.5 to 3 s for most contestants on the machine on which this was written; less for a point of a sweep. */
export const DEFAULT_WORKLOAD: Readonly<Workload> = {
  bytes: 200_000_000,
  pathBytes: 15_000_000,
  lossyBytes: 1_000_000,
  roundTripMs: 50,
  lossPercent: 0,
  echoes: 2_000,
  streams: 3_000,
  concurrentStreams: 32,
  dials: 100,
  bursts: 3,
  burstDials: 64,
  messages: 50_000,
  fanoutMessages: 10_000,
  fanoutConnections: 8,
  sharedStreams: 10,
  sweptBytes: 20_000_000,
  sweptMessages: 20_000,
  messageBytes: 1_024,
  sharedConnections: 10,
  busyPercent: 0,
  busyBytes: 40_000_000,
  busyMessages: 15_000,
  busyEchoes: 2_000,
  quietConnections: 8,
  idleConnections: 128,
  warmConnections: 32,
  idleStreams: 64
}

/** What there is less of when there is less work. */
const SCALED = [
  'bytes', 'pathBytes', 'lossyBytes', 'sweptBytes', 'busyBytes', 'echoes', 'busyEchoes', 'streams', 'dials', 'bursts', 'messages', 'fanoutMessages', 'sweptMessages', 'busyMessages'
] satisfies Array<keyof Workload>

/** Less work and no less of it at once. `percent` of 100 changes nothing. */
export function scaleWorkload (percent: number): Workload {
  const scale = (value: number): number => Math.max(1, Math.round(value * percent / 100))

  return {
    ...DEFAULT_WORKLOAD,
    ...Object.fromEntries(SCALED.map((name) => [name, scale(DEFAULT_WORKLOAD[name])]))
  }
}
