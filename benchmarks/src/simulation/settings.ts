/** What one simulated network is like. The same settings give the same run. */
export interface NetworkSettings {
  nodes: number
  /** Connections of a node in the mean: each dials half as many others. All others when there are fewer. */
  degree: number
  /** Of payload. */
  messageBytes: number
  /** With IDONTWANT (1.2) or without it (1.1). */
  protocol: ProtocolVersion
  messages: number
  /** Between two messages of the whole network, ms. */
  intervalMs: number
  /** From the arrival of a message to the verdict, ms. */
  validationMs: number
  /**
   * What a sender may have on its way to one peer at first, bytes; it doubles with every round trip that a message takes. Each message begins
   * anew, as if congestion control had forgotten the one before. Infinity for no such limit.
   */
  windowBytes: number
  /** How many percent of the nodes crash in a minute. Each is back after 10 s, having forgotten everything. */
  churnPercentPerMinute: number
  seed: number
}

export type ProtocolVersion = '1.1' | '1.2'

export const PROTOCOL_VERSIONS: ProtocolVersion[] = ['1.1', '1.2']

/** 32 packets of 1,280 bytes, where QUIC in Go, and ours, begins. */
export const DEFAULT_WINDOW_BYTES = 32 * 1_280

/** Before the first message, ms: every mesh has had ten heartbeats to come to rest. */
export const WARM_UP_MS = 10_000

/** At the end of the warm-up, ms: what the network costs while nobody says anything is measured meanwhile. */
export const IDLE_MS = 5_000

/** After the last message, ms: it has been announced in three heartbeats and asked for since. */
export const DRAIN_MS = 6_000

/** For how long a node that crashed is away, ms. */
export const AWAY_MS = 10_000
