import type { CommittedRatio } from '../../src/guard/baseline.ts'

/** A value that nobody has measured. */
export function committed (changes: Partial<CommittedRatio> = {}): CommittedRatio {
  return {
    ratio: 0.9,
    medians: [0.9, 0.95, 1],
    rounds: 5,
    work: { bytes: 1_000 },
    yardstick: 'raw-quinn',
    versions: { quinn: '0.11.12' },
    date: '2030-01-02T03:04:05.000Z',
    commit: 'abc1234',
    machine: 'Abacus 9000, 2 cores, linux 1.0 x64',
    platform: 'linux x64',
    node: 'v24.0.0',
    ...changes
  }
}
