import { watchHello } from './hello-split.ts'
import { ROWS, pingRow } from './rows.ts'
import { CELL_TIMEOUT_MS, runTest } from './run-test.ts'
import type { Dialect } from './dialect.ts'
import type { TransportTest } from './run-test.ts'
import type { Peer } from '../peers/peer.ts'
import type { Cell } from '../runner/cell.ts'

const OURS = 'quicmesh'

const DIALECTS: Dialect[] = ['test-plans', 'unified']

/** Pairs without ours: if one of these fails, it is not by our doing. */
const CONTROLS = ['go', 'rust']

/** Offer a key of X25519MLKEM768, with which a hello is longer than a packet. */
const SPLIT_HELLOS = ['go', 'rust']

/** The rival and the slowest are in the profile `ci` by their pings. */
const PING_ONLY_IN_CI = ['chainsafe', 'python']

/** All of libp2p's transport-interop for quic-v1 that ours is part of, and the rows of our own. */
export function transportCells ({ peers }: { peers: Peer[] }): Cell[] {
  const names = peers.filter(({ programs }) => programs.includes('transport')).map(({ name }) => name)
  const pairs = pairsOf(names, ({ dialer, listener }) => dialer === OURS || listener === OURS)
  const controls = pairsOf(names.filter((name) => CONTROLS.includes(name)), () => true)

  return [
    ...pairs.flatMap(pingCells),
    ...controls.flatMap(pingCells),
    ...names.filter((name) => SPLIT_HELLOS.includes(name)).map(helloSplitCell),
    ...ROWS.flatMap((row) => pairs.map((pair) => cellOf({
      test: { ...pair, row, dialect: 'test-plans' },
      label: row.name,
      isInCi: ![pair.dialer, pair.listener].some((name) => PING_ONLY_IN_CI.includes(name))
    })))
  ]
}

interface Pair {
  dialer: string
  listener: string
}

function pairsOf (names: string[], isWanted: (pair: Pair) => boolean): Pair[] {
  return names.flatMap((dialer) => names.map((listener) => ({ dialer, listener }))).filter(isWanted)
}

function pingCells (pair: Pair): Cell[] {
  return DIALECTS.map((dialect) => cellOf({
    test: { ...pair, row: pingRow(dialect), dialect },
    label: `ping, ${dialect}`,
    isInCi: true
  }))
}

function helloSplitCell (dialer: string): Cell {
  const row = pingRow('test-plans', 'hello-split')

  return cellOf({
    test: { dialer, listener: OURS, row, dialect: 'test-plans', watch: watchHello },
    label: row.name,
    isInCi: true
  })
}

function cellOf ({ test, label, isInCi }: { test: TransportTest, label: string, isInCi: boolean }): Cell {
  const { dialer, listener, row } = test

  return {
    suite: 'transport',
    id: `transport ${dialer} x ${listener} (quic-v1, ${label})`,
    dialer,
    listener,
    row: row.name,
    needs: [...new Set([dialer, listener])].map((peer) => ({ peer, program: 'transport' })),
    isInCi,
    timeoutMs: CELL_TIMEOUT_MS,
    run: async (context) => runTest(test, context)
  }
}
