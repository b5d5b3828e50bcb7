/** What was written to streams, of one peer or, when outboxes share it, of all. */
export class WriteCounters {
  /** Calls of a stream's `send`. */
  writes = 0
  /** Frames whose last byte was handed to a stream. */
  frames = 0
  /** Those of them that are messages. */
  messages = 0
  bytes = 0
}
