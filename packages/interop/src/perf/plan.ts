import { runExact } from './exact.ts'
import { runSpeed } from './speed.ts'
import type { TransportName } from './perf-lab.ts'
import type { Pair } from './speed.ts'
import type { Peer } from '../peers/peer.ts'
import type { Cell } from '../runner/cell.ts'

const OURS = 'quicmesh'

/** Whose own pairs ours is compared with. */
const COMPARED = ['go', 'rust']

const TRANSPORTS: TransportName[] = ['quic-v1', 'tcp']

const EXACT_TIMEOUT_MS = 120_000

/** Seven pairs, three figures, six rounds; most of a client's time is its start. */
const SPEED_TIMEOUT_MS = 30 * 60_000

/** `/perf/1.0.0` between ours and each peer: that the bytes are right, a cell a pair; and how fast, one for all pairs. */
export function perfCells ({ peers }: { peers: Peer[] }): Cell[] {
  const names = peers.filter(({ programs }) => programs.includes('perf')).map(({ name }) => name)
  const others = COMPARED.filter((name) => names.includes(name))

  if (!names.includes(OURS)) {
    return []
  }

  const mixed = others.flatMap((other) => [{ client: OURS, server: other }, { client: other, server: OURS }])
  const own = [OURS, ...others].map((name) => ({ client: name, server: name }))

  return TRANSPORTS.flatMap((transport) => [
    ...[{ client: OURS, server: OURS }, ...mixed].map((pair) => exactCell(pair, transport)),
    ...(others.length === 0 ? [] : [speedCell([...mixed, ...own], [OURS, ...others], transport)])
  ])
}

function exactCell ({ client, server }: Pair, transport: TransportName): Cell {
  return {
    suite: 'perf',
    id: `perf ${client} x ${server} (${transport}, exact)`,
    dialer: client,
    listener: server,
    row: `exact, ${transport}`,
    needs: needs([client, server]),
    isInCi: true,
    timeoutMs: EXACT_TIMEOUT_MS,
    run: async (context) => runExact(client, server, transport, context)
  }
}

function speedCell (pairs: Pair[], names: string[], transport: TransportName): Cell {
  return {
    suite: 'perf',
    id: `perf ${names.join(', ')} (${transport}, speed)`,
    dialer: names.join(', '),
    listener: '',
    row: `speed, ${transport}`,
    needs: needs(names),
    isInCi: false,
    isAlone: true,
    timeoutMs: SPEED_TIMEOUT_MS,
    run: async (context) => runSpeed(pairs, transport, context)
  }
}

function needs (names: string[]): Cell['needs'] {
  return [...new Set(names)].map((peer) => ({ peer, program: 'perf' }))
}
