/** When things happen in a script: whole seconds since the start of the nodes, since `waitUntil` has no fractions. */
export interface Timings {
  /** Nobody connects before. In Shadow all nodes listen at once; real processes take a while to start. */
  connectSeconds: number
  /** The first message is published. The meshes have to stand by then. */
  publishSeconds: number
  /** Between messages. */
  intervalSeconds: number
  /** After the last interval, until the nodes end. */
  flushSeconds: number
}

/** Those of libp2p's gossipsub-interop. */
export const fullTimings: Timings = { connectSeconds: 4, publishSeconds: 120, intervalSeconds: 12, flushSeconds: 30 }

/** Enough for a dozen heartbeats before the first message, and for a lost message to be asked for before the next one. */
export const shortTimings: Timings = { connectSeconds: 4, publishSeconds: 30, intervalSeconds: 2, flushSeconds: 5 }

/** For small meshes in which nothing is measured: the messages before may still be on their way. */
export const ciTimings: Timings = { connectSeconds: 4, publishSeconds: 18, intervalSeconds: 1, flushSeconds: 4 }

/** Nodes that start at once share the processors, with those of other meshes too: of a slow machine, so many have started in a second. */
const STARTS_PER_SECOND = 1.5

/** With so much time before the first connections that all nodes listen by then: a peer that does not answer may be tried again only much later. */
export function afterStart (timings: Timings, nodeCount: number): Timings {
  return { ...timings, connectSeconds: timings.connectSeconds + Math.ceil(nodeCount / STARTS_PER_SECOND) }
}
