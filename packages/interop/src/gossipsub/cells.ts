import { mixName } from './member.ts'
import { runCell } from './run-cell.ts'
import { endSeconds, scenarios } from './scenario.ts'
import { ciTimings, fullTimings, shortTimings } from './timings.ts'
import type { Member } from './member.ts'
import type { MeshPlan } from './run-cell.ts'
import type { ScenarioName } from './scenario.ts'
import type { Summary } from './summary.ts'
import type { Timings } from './timings.ts'
import type { TransportName } from '../../peers/js/gossipsub/addresses.ts'
import type { Peer } from '../peers/peer.ts'
import type { Cell } from '../runner/cell.ts'

const [quicmesh, go, rust] = ['quicmesh', 'go', 'rust'].map(peer => ({ peer }))

/** What the others are compared with: it comes first, with the same seed. */
const CONTROL: Member[] = [go]

const MIXES: Member[][] = [CONTROL, [quicmesh], [quicmesh, go], [quicmesh, rust], [quicmesh, go, rust]]

/** One side speaks no more than an old version. */
const VERSION_MIXES: Member[][] = (['1.0', '1.1'] as const).flatMap(protocolVersion => [
  [quicmesh, { ...go, protocolVersion }],
  [{ ...quicmesh, protocolVersion }, go]
])

const RIVAL_MIX: Member[] = [{ peer: 'chainsafe' }]

const TRANSPORTS: TransportName[] = ['quic-v1', 'tcp']

/** What two cores bear: beyond it, the processors are what is measured. */
const NODE_COUNT = 20

/** As many as libp2p has in its own runs. */
const LARGE_NODE_COUNT = 32

const VERSION_NODE_COUNT = 12

/** Three of each of three. */
const CI_NODE_COUNT = 9

/** For the nodes to start and to end, and for the network to be made. */
const AROUND_MS = 90_000

export interface GossipsubCellsOptions {
  peers: readonly Peer[]
  /** Of scripts, networks and mixes: the same for all cells, so that a mix has the script and the network of its control. */
  seed?: number
}

/** libp2p's gossipsub-interop, with ours in it. */
export function gossipsubCells ({ peers, seed = 1 }: GossipsubCellsOptions): Cell[] {
  const known = new Set(peers.filter(({ programs }) => programs.includes('gossipsub')).map(({ name }) => name))
  const controls = new Map<string, Summary>()

  return plans().filter(({ mix }) => mix.every(({ peer }) => known.has(peer))).map(plan => cellOf(plan, seed, controls))
}

type PlanOfCell = MeshPlan & { isInCi: boolean }

function plans (): PlanOfCell[] {
  const compared = scenarios.flatMap(scenario => TRANSPORTS.flatMap(transport => MIXES.map(mix => plan(mix, transport, scenario))))
  const rival = TRANSPORTS.map(transport => plan(RIVAL_MIX, transport, 'subnet-blob-msg'))
  const large = [CONTROL, [quicmesh, go, rust]].map(mix => plan(mix, 'quic-v1', 'subnet-blob-msg', { nodeCount: LARGE_NODE_COUNT, timings: fullTimings }))
  const versions = TRANSPORTS.flatMap(transport => VERSION_MIXES.map(mix => plan(mix, transport, 'subnet-blob-msg', { nodeCount: VERSION_NODE_COUNT, isMeasured: false })))

  return [...ciPlans(), ...versions, ...compared, ...rival, ...large]
}

/** Without a network between the nodes, but for one. */
function ciPlans (): PlanOfCell[] {
  const all = [quicmesh, go, rust]
  const small = { nodeCount: CI_NODE_COUNT, timings: ciTimings, isMeasured: false, isInCi: true }
  const local = { ...small, network: 'loopback' } as const

  return [
    ...TRANSPORTS.map(transport => plan(all, transport, 'subnet-blob-msg', local)),
    plan(all, 'quic-v1', 'simple-fanout', local),
    ...VERSION_MIXES.map(mix => plan(mix, 'quic-v1', 'subnet-blob-msg', local)),
    plan(all, 'quic-v1', 'subnet-blob-msg', small)
  ]
}

function plan (mix: Member[], transport: TransportName, scenario: ScenarioName, options: Partial<PlanOfCell> = {}): PlanOfCell {
  return { mix, transport, scenario, nodeCount: NODE_COUNT, timings: shortTimings, network: 'regions', isMeasured: true, isInCi: false, ...options }
}

function cellOf (plan: PlanOfCell, seed: number, controls: Map<string, Summary>): Cell {
  const { mix, transport, scenario, nodeCount, network, timings, isInCi, isMeasured } = plan

  return {
    suite: 'gossipsub',
    id: `gossipsub ${mixName(mix)} (${transport}, ${scenario}, ${nodeCount} nodes, ${network}${pace(timings)})`,
    dialer: mixName(mix),
    listener: '',
    row: `${scenario}, ${transport}`,
    needs: [...new Set(mix.map(({ peer }) => peer))].map(peer => ({ peer, program: 'gossipsub' })),
    isInCi,
    isAlone: isMeasured,
    timeoutMs: endSeconds(timings) * 1_000 + AROUND_MS,
    run: async context => runCell(plan, seed, { context, controls, controlName: mixName(CONTROL) })
  }
}

function pace (timings: Timings): string {
  return timings === fullTimings ? ', as slow as upstream' : ''
}
