import type { Cell } from './cell.ts'

/** What a peer does wrong, and where it was found: its cells are yellow, not red, and not green. */
interface KnownFailure {
  cells: RegExp
  reason: string
}

const KNOWN_FAILURES: KnownFailure[] = [
  {
    cells: /(quicmesh x chainsafe \(quic-v1, reset\)|chainsafe x quicmesh \(quic-v1, reset-by-listener\))$/,
    reason: '@chainsafe/libp2p-quic tells its user of a reset by the peer as of a normal end'
  },
  {
    cells: /quicmesh x chainsafe \(quic-v1, stop-writing\)$/,
    reason: '@chainsafe/libp2p-quic sends no STOP_SENDING when its user closes the reading side'
  },
  {
    cells: /chainsafe x quicmesh \(quic-v1, stop-writing\)$/,
    reason: '@chainsafe/libp2p-quic fails the whole stream by a STOP_SENDING, and the answer is lost'
  },
  {
    // about one of nine, and as often with go as the dialer
    cells: /(quicmesh x python|python x quicmesh) \(quic-v1, (streams|transfer|half-close|reset-by-listener)\)$/,
    reason: 'py-libp2p now and then reads the end of a stream before the data of its last packet'
  }
]

/** Why this cell fails by no fault of ours, if that is known. */
export function knownFailureOf ({ id }: Pick<Cell, 'id'>, known: KnownFailure[] = KNOWN_FAILURES): string | undefined {
  return known.find(({ cells }) => cells.test(id))?.reason
}
