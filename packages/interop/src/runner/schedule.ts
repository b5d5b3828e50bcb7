/** Work that may run beside other work, or must not. */
export interface Job {
  isAlone?: boolean
}

/**
 * Runs jobs, so many at once, each with a number from 0 that no other has at the same time. Those that must be alone come after all
 * others, one by one. When aborted, no more are begun.
 */
export async function runAll <Each extends Job> (jobs: Each[], parallel: number, signal: AbortSignal, run: (job: Each, slot: number) => Promise<void>): Promise<void> {
  const together = jobs.filter(({ isAlone }) => isAlone !== true)
  const alone = jobs.filter(({ isAlone }) => isAlone === true)

  const worker = async (queue: Each[], slot: number): Promise<void> => {
    for (let job = queue.shift(); job != null && !signal.aborted; job = queue.shift()) {
      await run(job, slot)
    }
  }

  await Promise.all(Array.from({ length: parallel }, async (_, slot) => worker(together, slot)))
  await worker(alone, 0)
}
