import { implementations } from './implementation.ts'
import { askSafely } from './probe.ts'
import { probes } from './probes/index.ts'
import type { Result } from './table.ts'

/** Probes mostly wait. Not all at once, for one that is hurried might be answered late. */
const AT_ONCE = 5

/** Ask both implementations everything. */
export async function askAll (): Promise<Result[]> {
  const waiting = probes.entries()
  const results: Result[] = []

  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (const [i, probe] of waiting) {
      results[i] = {
        probe,
        ours: await askSafely(probe, implementations.ours),
        rival: await askSafely(probe, implementations.rival)
      }
    }
  }))

  return results
}
