import { runContainerTest } from './run-container-test.ts'
import type { Cell } from '../runner/cell.ts'
import type { Dialect } from '../transport/dialect.ts'

const OURS = 'quicmesh'

const DIALECTS: Dialect[] = ['test-plans', 'unified']

/** The image may have to be made first, from a registry. */
const TIMEOUT_MS = 300_000

/** What is in the image of the container keeps the contract of both suites. */
export function containerCells (): Cell[] {
  return DIALECTS.map((dialect) => ({
    suite: 'container',
    id: `container ${OURS} x ${OURS} (quic-v1, ${dialect})`,
    dialer: OURS,
    listener: OURS,
    row: `ping, ${dialect}`,
    needs: [{ peer: OURS, program: 'transport' }],
    isInCi: true,
    timeoutMs: TIMEOUT_MS,
    run: async (context) => runContainerTest(dialect, context)
  }))
}
