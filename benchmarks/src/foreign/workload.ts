/** How much the figures do in one round. */
export interface Workload {
  /** Payload that a transfer is timed for: what the longer of two carries more than the shorter. */
  bytes: number
  /** Payload of the shorter one: enough for windows to open, and for the engine to compile what it is worth. */
  leadBytes: number
  /** Clients that ask for a byte, one after the other. */
  requests: number
}

/** From 2 to 5 s for all figures of a round of most pairs on the machine on which this was written; three times that of the slowest. */
export const DEFAULT_WORKLOAD: Readonly<Workload> = {
  bytes: 300_000_000,
  leadBytes: 20_000_000,
  requests: 3
}

/** Less work. `percent` of 100 changes nothing. */
export function scaleWorkload (percent: number): Workload {
  const scale = (value: number): number => Math.max(1, Math.round(value * percent / 100))
  const { bytes, leadBytes, requests } = DEFAULT_WORKLOAD

  return { bytes: scale(bytes), leadBytes: scale(leadBytes), requests: scale(requests) }
}
