/**
 * The peers, how to have them built, and how to read what they report: `@quicmesh/interop/peers`, for `benchmarks`, which measures what is
 * tested here. Of the rest of this package nobody else knows.
 *
 * @example
 *
 * ```ts
 * import { BuiltPeers, PEERS } from '@quicmesh/interop/peers'
 *
 * const built = await BuiltPeers.build(PEERS.filter(({ name }) => name === 'go'), (peer, line) => { console.error(peer, line) })
 * const { perf } = built.programs('go')
 *
 * if (perf == null) {
 *   throw new Error(built.missing('go', 'perf')?.reason)
 * }
 *
 * spawn(perf.file, [...perf.args, '--run-server', '--server-address', '127.0.0.1:0'], { env: { ...process.env, ...perf.env } })
 * ```
 */
import { goPeer } from './go.ts'
import { chainsafePeer, quicmeshPeer } from './js.ts'
import { pythonPeer } from './python.ts'
import { rustPeer } from './rust.ts'
import type { Peer } from './peer.ts'

export { BuiltPeers } from './build-peers.ts'
export { MissingToolchainError } from './peer.ts'
export { parsePerfReport } from '../perf/perf-report.ts'
export type { Missing } from './build-peers.ts'
export type { Peer, Program, ProgramName, Programs, Toolchain } from './peer.ts'

/** All that there are, ours first. */
export const PEERS: Peer[] = [quicmeshPeer, goPeer, rustPeer, pythonPeer, chainsafePeer]
