/** What went over all links since the last reset. */
export class Traffic {
  /** Copies of messages that left a node, and their bytes. */
  messages = 0
  messageBytes = 0
  /** Those of `messages` that an IWANT asked for. */
  replies = 0
  /** Copies that arrived where the message was known. */
  duplicates = 0
  /** Control frames, and their bytes, of which those below are parts. */
  controlFrames = 0
  controlBytes = 0
  gossipBytes = 0
  idontwantBytes = 0
  overlayBytes = 0
  /** Copies that waited and were taken back by IDONTWANT. */
  cancelled = 0
  /** Copies that waited for too long. */
  stale = 0
  /** Things that routers were sent and dropped. */
  dropped = 0
  /** Events that routers handled. */
  events = 0

  reset (): void {
    Object.assign(this, new Traffic())
  }
}
