/** What one contestant does when it is its turn. */
export interface Turn {
  contestant: string
  /** When this turn fails, the later ones of the same scope are left out; the contestant unless told: it is out of the run. */
  scope?: string
  /** What is being done, for progress and failures: 'round 2 of 5, upload'. */
  during: string
  take (): Promise<void>
}

/** The others go on. */
export interface Failure {
  contestant: string
  /** What was being done. */
  during: string
  error: string
}

export interface Step {
  /** As in 'round 2 of 5, upload, quicmesh'. */
  text: string
  /** Turns that are over, those that were left out among them. */
  done: number
  total: number
}

export interface TurnsInit {
  /** Told what is being done, as it begins. */
  onProgress? (step: Step): void
  /** Awaited before the next turn. */
  onFailure? (contestant: string): Promise<void>
}

/** The first turns of a run whose contestants live for all of it. */
export function starts (pairs: Map<string, Starting>): Turn[] {
  return [...pairs].map(([contestant, pair]) => ({ contestant, during: 'start', take: async () => pair.start(contestant) }))
}

export interface Starting {
  start (contestant: string): Promise<void>
}

/**
 * Takes the turns one after the other, leaving out those of scopes that have failed before.
 *
 * @returns what failed; it never rejects because of a turn
 */
export async function takeTurns (turns: Turn[], { onProgress, onFailure }: TurnsInit = {}): Promise<Failure[]> {
  const failures: Failure[] = []
  const failed = new Set<string>()

  for (const [done, { contestant, scope = contestant, during, take }] of turns.entries()) {
    if (failed.has(scope)) {
      continue
    }

    onProgress?.({ text: `${during}, ${contestant}`, done, total: turns.length })

    try {
      await take()
    } catch (err) {
      failed.add(scope)
      failures.push({ contestant, during, error: err instanceof Error ? err.message : String(err) })
      await onFailure?.(contestant)
    }
  }

  return failures
}
