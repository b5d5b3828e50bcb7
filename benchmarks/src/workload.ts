/** How much the figures do in one round. All are counts, but for bytes. */
export interface Workload {
  /** Payload of a transfer. */
  bytes: number
  /** Of one on a path with a delay, by the percentage of datagrams that get lost there. */
  loss0Bytes: number
  loss1Bytes: number
  loss5Bytes: number
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
  /** Connections whose memory is measured. */
  idleConnections: number
  /** Made before them, so that code is loaded and compiled. */
  warmConnections: number
}

/** From 0.5 to 3 s for most contestants on the machine on which this was written; up to 10 s where datagrams get lost. */
export const DEFAULT_WORKLOAD: Readonly<Workload> = {
  bytes: 200_000_000,
  loss0Bytes: 40_000_000,
  loss1Bytes: 3_000_000,
  loss5Bytes: 1_000_000,
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
  idleConnections: 128,
  warmConnections: 32
}

/** Less work and no less of it at once. `percent` of 100 changes nothing. */
export function scaleWorkload (percent: number): Workload {
  const scale = (value: number): number => Math.max(1, Math.round(value * percent / 100))
  const { bytes, loss0Bytes, loss1Bytes, loss5Bytes, echoes, streams, dials, bursts, messages, fanoutMessages } = DEFAULT_WORKLOAD

  return {
    ...DEFAULT_WORKLOAD,
    bytes: scale(bytes),
    loss0Bytes: scale(loss0Bytes),
    loss1Bytes: scale(loss1Bytes),
    loss5Bytes: scale(loss5Bytes),
    echoes: scale(echoes),
    streams: scale(streams),
    dials: scale(dials),
    bursts: scale(bursts),
    messages: scale(messages),
    fanoutMessages: scale(fanoutMessages)
  }
}
