/** What one contestant does when it is its turn. */
export interface Turn {
  contestant: string
  /** What is being done, for progress and failures: 'round 2 of 5, upload'. */
  during: string
  take (): Promise<void>
}

/** A contestant that fails once is out of the run: the others go on. */
export interface Failure {
  contestant: string
  /** What was being done. */
  during: string
  error: string
}

export interface Step {
  /** As in 'round 2 of 5, upload, quicmesh'. */
  text: string
  /** Turns that are over, those of contestants that failed among them. */
  done: number
  total: number
}

export interface TurnsInit {
  /** Told what is being done, as it begins. */
  onProgress? (step: Step): void
  /** Awaited before the next turn. */
  onFailure? (contestant: string): Promise<void>
}

/**
 * Takes the turns one after the other, leaving out those of contestants that have failed before.
 *
 * @returns what failed; it never rejects because of a turn
 */
export async function takeTurns (turns: Turn[], { onProgress, onFailure }: TurnsInit = {}): Promise<Failure[]> {
  const failures: Failure[] = []

  for (const [done, { contestant, during, take }] of turns.entries()) {
    if (failures.some((failure) => failure.contestant === contestant)) {
      continue
    }

    onProgress?.({ text: `${during}, ${contestant}`, done, total: turns.length })

    try {
      await take()
    } catch (err) {
      failures.push({ contestant, during, error: err instanceof Error ? err.message : String(err) })
      await onFailure?.(contestant)
    }
  }

  return failures
}
