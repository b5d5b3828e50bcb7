import type { Cell } from './cell.ts'

/** What a peer does wrong, and where it was found: its cells are yellow, not red, and not green. */
interface KnownFailure {
  cells: RegExp
  reason: string
}

const KNOWN_FAILURES: KnownFailure[] = []

/** Why this cell fails by no fault of ours, if that is known. */
export function knownFailureOf ({ id }: Pick<Cell, 'id'>, known: KnownFailure[] = KNOWN_FAILURES): string | undefined {
  return known.find(({ cells }) => cells.test(id))?.reason
}
