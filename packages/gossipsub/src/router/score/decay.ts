/** A counter after one decay interval. */
export function decayed (counter: number, decay: number, decayToZero: number): number {
  const value = counter * decay

  return value < decayToZero ? 0 : value
}

/**
 * The decay with which a counter of 1 is 0 after so many ms; bigger ones take longer. The intervals that fit in are
 * counted. As `ScoreParameterDecayWithBase` of the Go implementation, whose defaults these are.
 */
export function scoreParameterDecay (durationMs: number, decayInterval = 1_000, decayToZero = 0.01): number {
  return decayToZero ** (1 / Math.trunc(durationMs / decayInterval))
}
