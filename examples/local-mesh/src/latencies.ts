/** A power of two is split into half as many buckets: a percentile is at most 1/32, or 3 %, off. */
const BUCKETS_PER_OCTAVE_LOG2 = 6
const BUCKETS_PER_OCTAVE = 1 << BUCKETS_PER_OCTAVE_LOG2
const MAX_MICROSECONDS = 2 ** 32 - 1
const BUCKETS = (32 - BUCKETS_PER_OCTAVE_LOG2 + 1) * BUCKETS_PER_OCTAVE

/**
 * A histogram of durations from 1 microsecond to 71 minutes whose memory (14 KiB) does not depend on how many are recorded.
 */
export class Latencies {
  count = 0
  maxMs = 0
  private readonly counts = new Float64Array(BUCKETS)

  /** Negative durations, which only a clock that is not system-wide could give, count as 0. */
  record (durationMs: number): void {
    const microseconds = Math.min(MAX_MICROSECONDS, Math.max(0, Math.round(durationMs * 1000)))
    this.counts[bucketOf(microseconds)]++
    this.count++
    this.maxMs = Math.max(this.maxMs, durationMs)
  }

  /**
   * The duration in ms that the given share (0 to 1) of what was recorded does not exceed, or undefined when nothing was.
   */
  percentileMs (share: number): number | undefined {
    const rank = Math.max(1, Math.ceil(share * this.count))
    let seen = 0

    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      seen += this.counts[bucket]

      if (seen >= rank) {
        return Math.min(this.maxMs, upperBoundOf(bucket) / 1000)
      }
    }
  }
}

function bucketOf (microseconds: number): number {
  const octave = Math.max(0, 32 - Math.clz32(microseconds) - BUCKETS_PER_OCTAVE_LOG2)

  // an octave above the first uses the upper half of its buckets only: its values have their top bit set
  return octave * (BUCKETS_PER_OCTAVE / 2) + Math.floor(microseconds / 2 ** octave)
}

function upperBoundOf (bucket: number): number {
  const octave = Math.max(0, Math.floor(bucket / (BUCKETS_PER_OCTAVE / 2)) - 1)

  return (bucket - octave * (BUCKETS_PER_OCTAVE / 2) + 1) * 2 ** octave - 1
}
