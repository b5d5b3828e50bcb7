import { containerCells } from './container/plan.ts'
import { gossipsubCells } from './gossipsub/cells.ts'
import { perfCells } from './perf/plan.ts'
import { transportCells } from './transport/plan.ts'
import type { InteropOptions } from './options.ts'
import type { Peer } from './peers/peer.ts'
import type { Cell } from './runner/cell.ts'

/** Every cell that there is. */
export function allCells (peers: Peer[], seed: number): Cell[] {
  return [...transportCells({ peers }), ...perfCells({ peers }), ...gossipsubCells({ peers, seed }), ...containerCells()]
}

/** Those that the options ask for, in their order. */
export function selectCells (cells: Cell[], { profile, suites, only, ignore }: Pick<InteropOptions, 'profile' | 'suites' | 'only' | 'ignore'>): Cell[] {
  return cells.filter(({ id, suite, isInCi }) => (profile === 'full' || isInCi) &&
    suites.includes(suite) &&
    (only.length === 0 || only.some((text) => id.includes(text))) &&
    !ignore.some((text) => id.includes(text)))
}
