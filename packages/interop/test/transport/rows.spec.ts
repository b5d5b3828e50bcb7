import { expect } from 'aegir/chai'
import { abilitiesOf } from '../../src/transport/abilities.ts'
import { ROWS, pingRow } from '../../src/transport/rows.ts'
import type { CellResult } from '../../src/runner/cell.ts'
import type { Facts } from '../../src/transport/rows.ts'

const FACTS: Facts = {
  dialer: { resetCode: 42, seesCode: true, refusal: /found (\w+)/ },
  listener: { resetCode: 7, seesCode: true, refusal: /found (\w+)/ },
  listenerPeerId: '12D3KooWListener',
  lastWords: '',
  elapsedMs: 36_000
}

const BLIND: Facts = { ...FACTS, dialer: { ...FACTS.dialer, seesCode: false }, listener: { ...FACTS.listener, seesCode: false } }

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
  'wrong-peer-id': { refused: 'found 12D3KooWListener' },
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
  ['wrong-peer-id', { refused: 'connection refused' }],
  ['wrong-peer-id', { refused: 'found 12D3KooWOther' }],
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

  it('that a peer is known to have no way to do are neither passed nor failed', () => {
    const facts = { ...FACTS, dialer: { ...FACTS.dialer, cannotDial: { streams: 'one at a time' } } }

    expect(ROWS[0].judge('{"row":"streams","unsupported":"one stream at a time"}', facts)).to.deep.equal({ unsupported: 'one stream at a time' })
    expect(() => judge('streams', GOOD.streams, facts)).to.throw('says that it can\'t do')
  })

  it('that a peer must have a way to do fail when it says that it has none', () => {
    expect(() => ROWS[0].judge('{"row":"streams","unsupported":"one stream at a time"}', FACTS)).to.throw('it must: one stream at a time')
  })

  it('reset: a dialer that can\'t reset has no code to report', () => {
    expect(() => judge('reset', { observed: { ...SEEN, code: undefined } }, { ...FACTS, dialer: abilitiesOf('rust') })).to.throw()
  })

  const SAYS: Record<string, string> = {
    quicmesh: 'UnexpectedPeerError: The peer has another peer id than the one dialled - code 0x12e - expected peer 12D3KooWWrong, found 12D3KooWListener',
    go: 'failed to dial: CRYPTO_ERROR 0x12a (local): peer id mismatch: expected 12D3KooWWrong, but remote key matches 12D3KooWListener',
    rust: 'Dial error: Unexpected peer ID 12D3KooWListener at /ip4/10.77.2.2/udp/45272/quic-v1/p2p/12D3KooWWrong.',
    chainsafe: 'Error: Dialed peer 12D3KooWWrong but connected to 12D3KooWListener'
  }

  for (const [peer, refused] of Object.entries(SAYS)) {
    it(`wrong-peer-id: ${peer} must name the listener`, () => {
      const facts = { ...FACTS, dialer: abilitiesOf(peer) }

      expect(judge('wrong-peer-id', { refused }, facts)).to.deep.equal({})
      expect(() => judge('wrong-peer-id', { refused: refused.replaceAll('Listener', 'Other') }, facts)).to.throw('because the listener is 12D3KooWListener')
      expect(() => judge('wrong-peer-id', { refused: 'Error: timed out' }, facts)).to.throw('the dialer says: Error: timed out')
    })
  }

  it('wrong-peer-id: python names the listener for people alone', () => {
    const facts = { ...FACTS, dialer: abilitiesOf('python'), lastWords: 'Failed to dial: Peer ID mismatch: expected 12D3KooWWrong, got 12D3KooWListener' }
    const report = { refused: 'SwarmDialAllFailedError: unable to connect' }

    expect(judge('wrong-peer-id', report, facts)).to.deep.equal({})
    expect(() => judge('wrong-peer-id', report, { ...facts, lastWords: 'Failed to dial: timed out' })).to.throw('the dialer says: Failed to dial: timed out')
  })
})

describe('the row ping', () => {
  it('gives both figures', () => {
    expect(pingRow('test-plans').judge('{"handshakePlusOneRTTMillis":12,"pingRTTMilllis":1}', FACTS)).to.deep.equal({ figures: { 'handshake + RTT, ms': 12, 'RTT, ms': 1 } })
  })
})
