/** In place of the package, of which Lodestar's gossip takes this one function. */

const SLOTS_PER_EPOCH = 32
const TARGET_COMMITTEE_SIZE = 128
const MAX_COMMITTEES_PER_SLOT = 64

/** consensus-specs phase0/beacon-chain.md `get_committee_count_per_slot`. */
export function computeCommitteeCount (activeValidators: number): number {
  return Math.max(1, Math.min(MAX_COMMITTEES_PER_SLOT, Math.floor(activeValidators / SLOTS_PER_EPOCH / TARGET_COMMITTEE_SIZE)))
}
