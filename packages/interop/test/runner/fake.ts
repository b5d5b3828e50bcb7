import { BuiltPeers } from '../../src/peers/build-peers.ts'
import { MissingToolchainError } from '../../src/peers/peer.ts'
import type { Peer } from '../../src/peers/peer.ts'
import type { Cell } from '../../src/runner/cell.ts'
import type { Outcome } from '../../src/runner/outcome.ts'

export function fakeCell (init: Partial<Cell> = {}): Cell {
  const { dialer = 'go', listener = 'quicmesh', row = 'ping' } = init

  return {
    suite: 'transport',
    id: `${init.suite ?? 'transport'} ${dialer} x ${listener} (${row})`,
    dialer,
    listener,
    row,
    needs: [{ peer: 'go', program: 'transport' }, { peer: 'quicmesh', program: 'transport' }],
    isInCi: true,
    timeoutMs: 1_000,
    run: async () => ({}),
    ...init
  }
}

export function fakeOutcome (status: Outcome['status'], init: Partial<Cell> = {}, outcome: Partial<Outcome> = {}): Outcome {
  return { cell: fakeCell(init), status, elapsedMs: 1_234, repeat: 'npm run interop', ...outcome }
}

/** Peers of which one builds, one has no toolchain, and one has errors. */
export async function fakePeers (): Promise<BuiltPeers> {
  const peer = (name: string, build: Peer['build']): Peer => ({ name, versions: `${name} 1`, toolchain: 'go', programs: ['transport'], build })

  return BuiltPeers.build([
    peer('go', async () => ({ transport: { file: 'go', args: [] } })),
    peer('quicmesh', async () => ({ transport: { file: 'node', args: [] } })),
    peer('missing', async () => { throw new MissingToolchainError('there is no compiler') }),
    peer('broken', async () => { throw new Error('line 1: syntax error') })
  ], () => {})
}
