/** Results that nobody has measured, for tests of how results are told. */
import { SCHEMA, VERSION } from '../src/report/record.ts'
import type { BenchRecord, FigureRecord, MeasurementRecord } from '../src/report/record.ts'

export const UPLOAD: FigureRecord = {
  name: 'upload',
  description: '100 MB from client to server',
  metrics: [
    { name: 'MB/s', isHigherBetter: true, isHeadline: true, goals: [{ atLeast: 6, of: 'chainsafe-quic' }] },
    { name: 'CPU s', isHigherBetter: false, isHeadline: false }
  ]
}

/** 200, 400 and 100 MB/s against 100, 100 and 50. */
export const MEASUREMENTS: MeasurementRecord[] = [
  upload('quicmesh', 1, 200), upload('chainsafe-quic', 1, 100),
  upload('quicmesh', 2, 400), upload('chainsafe-quic', 2, 100),
  upload('quicmesh', 3, 100), upload('chainsafe-quic', 3, 50)
]

/** Grows by factors of 4: 10, 40 and 160 for ours. */
export const SIZES: FigureRecord = {
  name: 'sizes',
  description: 'messages of a size',
  metrics: [{ name: 'CPU us', isHigherBetter: false, isHeadline: true, goals: [{ atMost: 50 }] }],
  sweep: { label: 'message size, bytes', scale: 'log', values: [64, 256, 1_024] }
}

export const SIZE_MEASUREMENTS: MeasurementRecord[] = [64, 256, 1_024].flatMap((x) => [
  { contestant: 'quicmesh', figure: 'sizes', round: 1, x, values: { 'CPU us': x * 10 / 64 } },
  { contestant: 'chainsafe-quic', figure: 'sizes', round: 1, x, values: { 'CPU us': x * 20 / 64 } }
])

export function record (changes: Partial<BenchRecord> = {}): BenchRecord {
  return {
    schema: SCHEMA,
    version: VERSION,
    suite: 'quic',
    title: 'Streams',
    about: 'On loopback.',
    command: 'npm run bench:quic -- --rounds 3',
    isQuick: false,
    environment: {
      date: '2030-01-02T03:04:05.000Z',
      cpuModel: 'Abacus 9000',
      cores: 2,
      system: 'linux 1.0 x64',
      node: 'v24.0.0',
      commit: 'abc1234',
      loadAverage: 0.1,
      isBusy: false,
      packages: { libp2p: '3.0.0' }
    },
    rounds: 3,
    workload: { bytes: 100_000_000 },
    contestants: ['quicmesh', 'chainsafe-quic'],
    ours: ['quicmesh'],
    baselines: ['chainsafe-quic'],
    figures: [UPLOAD],
    measurements: MEASUREMENTS,
    failures: [],
    ...changes
  }
}

export function upload (contestant: string, round: number, megabytesPerSecond: number): MeasurementRecord {
  return { contestant, figure: 'upload', round, values: { 'MB/s': megabytesPerSecond, 'CPU s': 0.5 } }
}
