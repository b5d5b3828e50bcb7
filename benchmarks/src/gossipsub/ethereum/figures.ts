import { aside, headline } from '../metric.ts'
import { MESH } from '../pubsub-options.ts'
import { inRouter } from '../router/in-router.ts'
import { PEERS } from './consensus-node.ts'
import { ATTESTATION_SUBNETS, PLAYED_SLOT_MS, SLOT_MS, SUBNETS_PER_NODE } from './slot.ts'
import type { Figure } from '../figures.ts'

const MS_PER_SECOND = 1_000

/** A load as Ethereum's consensus network has it, over stub streams. */
export const ETHEREUM_FIGURES = {
  ethereum: {
    describe: () => `a slot of Ethereum's mainnet: a block, data columns, attestations and aggregates, with ${PEERS} peers of which each mesh has ${MESH.D}; ${SLOT_MS / MS_PER_SECOND} s are played in ${PLAYED_SLOT_MS / MS_PER_SECOND} s, without the silence in them`,
    metrics: [
      headline('CPU s/slot', 'cpuSeconds'),
      aside('% of a core', 'corePercent'),
      headline('event loop p99 ms', 'lateP99Ms'),
      headline('peak heap MB', 'peakHeapMb'),
      aside('new messages/slot', 'messages'),
      aside('duplicates/slot', 'duplicates')
    ],
    sweep: {
      label: `attestation subnets of ${ATTESTATION_SUBNETS}`,
      scale: 'log',
      values: [SUBNETS_PER_NODE, ATTESTATION_SUBNETS],
      apply: (workload, subnets) => ({ ...workload, subnets })
    },
    everyNthRound: 2,
    measure: inRouter('ethereum')
  }
} satisfies Record<string, Figure>
