import { expect } from 'aegir/chai'
import { ROWS, pingRow } from '../../src/transport/rows.ts'
import type { CellResult } from '../../src/runner/cell.ts'
import type { Facts } from '../../src/transport/rows.ts'

const FACTS: Facts = {
  dialer: { resetCode: 42, seesCode: true },
  listener: { resetCode: 7, seesCode: true },
  listenerPeerId: '12D3KooWListener',
  elapsedMs: 36_000
}

const BLIND: Facts = { ...FACTS, dialer: { resetCode: 42, seesCode: false }, listener: { resetCode: 7, seesCode: false } }

function judge (row: string, fields: Record<string, unknown>, facts: Facts = FACTS): CellResult | undefined {
  return ROWS.find(({ name }) => name === row)?.judge(JSON.stringify({ row, ok: true, ...fields }), facts)
}

const SEEN = { bytes: 1_024, ended: 'reset', code: 42 }

const GOOD: Record<string, Record<string, unknown>> = {
  streams: { streams: 100 },
  transfer: { uploadOk: true, downloadOk: true, downloadBytes: 10_485_760 },
  'half-close': { bytes: 65_536 },
  reset: { sentCode: 42, observed: SEEN },
  'reset-by-listener': { bytes: 1_024, ended: 'reset', code: 7 },
  'stop-writing': { answer: 'enough', writeEnded: true },
  'no-peer-id': { remotePeer: '12D3KooWListener' },
  'wrong-peer-id': { refused: 'another peer' },
  'keep-alive': { connections: 1 }
}

const BAD: Array<[string, Record<string, unknown>]> = [
  ['streams', { streams: 99 }],
  ['transfer', { uploadOk: false }],
  ['transfer', { downloadOk: false }],
  ['transfer', { downloadBytes: 10_485_759 }],
  ['half-close', { bytes: 0 }],
  ['reset', { observed: { ...SEEN, ended: 'eof' } }],
  ['reset', { observed: { ...SEEN, code: 0 } }],
  ['reset', { observed: { ...SEEN, code: null } }],
  ['reset', { observed: { ...SEEN, bytes: 1_023 } }],
  ['reset', { observed: null }],
  ['reset', { sentCode: 0, observed: { ...SEEN, code: 0 } }],
  ['reset-by-listener', { ended: 'eof' }],
  ['reset-by-listener', { code: 42 }],
  ['reset-by-listener', { code: null }],
  ['reset-by-listener', { bytes: 0 }],
  ['stop-writing', { answer: '' }],
  ['stop-writing', { writeEnded: false }],
  ['no-peer-id', { remotePeer: '12D3KooWOther' }],
  ['wrong-peer-id', { refused: '' }],
  ['wrong-peer-id', { refused: undefined }],
  ['keep-alive', { connections: 2 }]
]

describe('the rows beyond ping', () => {
  it('are those of the contract', () => {
    expect(ROWS.map(({ name }) => name)).to.deep.equal(Object.keys(GOOD))
  })

  for (const [row, fields] of Object.entries(GOOD)) {
    it(`${row}: what is right passes`, () => {
      expect(judge(row, fields)).to.deep.equal({})
    })

    it(`${row}: a report without it fails`, () => {
      expect(() => judge(row, {})).to.throw()
    })
  }

  for (const [row, fields] of BAD) {
    it(`${row}: ${JSON.stringify(fields)} fails`, () => {
      expect(() => judge(row, { ...GOOD[row], ...fields })).to.throw()
    })
  }

  it('where codes can not be seen, none may be made up', () => {
    expect(judge('reset', { sentCode: 42, observed: { ...SEEN, code: null } }, BLIND)).to.deep.equal({})
    expect(() => judge('reset', { sentCode: 42, observed: SEEN }, BLIND)).to.throw('observed.code must be null')
    expect(judge('reset-by-listener', { ...GOOD['reset-by-listener'], code: null }, BLIND)).to.deep.equal({})
    expect(() => judge('reset-by-listener', GOOD['reset-by-listener'], BLIND)).to.throw('code must be null')
  })

  it('keep-alive: one that was not silent for long enough fails', () => {
    expect(() => judge('keep-alive', { connections: 1 }, { ...FACTS, elapsedMs: 34_000 })).to.throw('silent for 35000 ms')
  })

  it('that a peer has no way to do are neither passed nor failed', () => {
    expect(ROWS[0].judge('{"row":"streams","unsupported":"one stream at a time"}', FACTS)).to.deep.equal({ unsupported: 'one stream at a time' })
  })
})

describe('the row ping', () => {
  it('gives both figures', () => {
    expect(pingRow('test-plans').judge('{"handshakePlusOneRTTMillis":12,"pingRTTMilllis":1}', FACTS)).to.deep.equal({ figures: { 'handshake + RTT, ms': 12, 'RTT, ms': 1 } })
  })
})
