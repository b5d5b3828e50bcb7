import type { ControlRpc } from '../wire/encode.ts'

/** What was written to streams, of one peer or, when outboxes share it, of all. */
export class WriteCounters {
  /** Calls of a stream's `send`. */
  writes = 0
  /** Frames whose last byte was handed to a stream. */
  frames = 0
  /** Those of them that are messages. */
  messages = 0
  bytes = 0
  /** Counted like all below when the frames are made: they may be handed over some writes later or, IHAVE, be dropped before. */
  subscriptions = 0
  /** RPCs with any of the control messages below, before they are cut to frames. */
  control = 0
  ihave = 0
  iwant = 0
  graft = 0
  prune = 0
  idontwant = 0
}

const kinds = ['ihave', 'iwant', 'graft', 'prune', 'idontwant'] as const

/** Counts what an RPC says that is written now. */
export function countRpc (counters: WriteCounters, { subscriptions = [], control = {} }: ControlRpc): void {
  let entries = 0

  for (const kind of kinds) {
    const { length } = control[kind] ?? []
    counters[kind] += length
    entries += length
  }

  counters.subscriptions += subscriptions.length
  counters.control += entries > 0 ? 1 : 0
}
