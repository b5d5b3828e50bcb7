import { expect } from 'aegir/chai'
import { PEERS } from '../../src/peers/index.ts'
import { KNOWN_FAILURES, knownFailureOf } from '../../src/runner/known-failures.ts'
import { allCells } from '../../src/suites.ts'

/** What each failed with when it was found, or would. */
const SEEN: Array<[id: string, message: string]> = [
  ['transport quicmesh x chainsafe (quic-v1, reset)', 'The dialer reports: not as it must be: {"row":"reset","ok":false,"sentCode":42,"observed":{"bytes":1024,"ended":"eof","code":null},"error":"not as it must be"} [logs in folder]'],
  ['transport chainsafe x quicmesh (quic-v1, reset-by-listener)', 'The dialer reports: not as it must be: {"row":"reset-by-listener","ok":false,"bytes":1024,"ended":"eof","code":null,"error":"not as it must be"}'],
  ['transport quicmesh x chainsafe (quic-v1, stop-writing)', 'The dialer reports: not as it must be: {"row":"stop-writing","ok":false,"answer":"enough","writeEnded":false,"error":"not as it must be"}'],
  ['transport chainsafe x quicmesh (quic-v1, stop-writing)', 'The dialer reports: Error: sending stopped by peer: error 0: {"row":"stop-writing","ok":false,"error":"Error: sending stopped by peer: error 0"}'],
  ['transport quicmesh x python (quic-v1, streams)', '{"row":"streams","ok":false,"streams":99,"error":"not as it must be"}'],
  ['transport python x quicmesh (quic-v1, streams)', '{"row": "streams", "error": "not as it must be", "ok": false, "streams": 99}'],
  ['transport quicmesh x python (quic-v1, transfer)', '{"row":"transfer","ok":false,"uploadOk":false,"downloadOk":true,"downloadBytes":10485760,"error":"not as it must be"}'],
  ['transport python x quicmesh (quic-v1, transfer)', '{"row": "transfer", "error": "not as it must be", "ok": false, "uploadOk": true, "downloadOk": false, "downloadBytes": 10484608}'],
  ['transport python x quicmesh (quic-v1, half-close)', '{"row": "half-close", "error": "not as it must be", "ok": false, "bytes": 65000}'],
  ['transport python x quicmesh (quic-v1, reset-by-listener)', '{"row": "reset-by-listener", "error": "not as it must be", "ok": false, "bytes": 0, "ended": "reset", "code": null}']
]

/** Of ours, or of anybody. */
const OTHERS = [
  'It took longer than 100 s: The operation was aborted due to timeout',
  'The dialer ended with exit code 1: no listener',
  'The dialer reports: not as it must be: {"row":"reset","ok":false,"sentCode":42,"observed":{"bytes":512,"ended":"eof","code":null}}',
  '{"row": "transfer", "ok": false, "uploadOk": false, "downloadOk": false, "downloadBytes": 10485760}',
  '{"row": "transfer", "ok": false, "uploadOk": true, "downloadOk": false, "downloadBytes": 10485760}',
  '{"row":"transfer","ok":false,"uploadOk":true,"downloadOk":false,"downloadBytes":10485760}',
  '{"row":"streams","ok":false,"streams":100}',
  '{"row": "half-close", "ok": false, "bytes": 65536}',
  '{"row":"reset-by-listener","ok":false,"bytes":1024,"ended":"reset","code":7}'
]

describe('known failures', () => {
  const ids = allCells(PEERS, 1).map(({ id }) => id)

  for (const [id, message] of SEEN) {
    it(`excuse ${id} with what it was seen to fail with, and with nothing else`, () => {
      expect(ids).to.include(id)
      expect(knownFailureOf({ id }, message)).to.be.a('string')

      for (const other of OTHERS) {
        expect(knownFailureOf({ id }, other), other).to.equal(undefined)
      }
    })
  }

  it('are each of cells that there are, and of none that nobody has seen fail', () => {
    for (const { cells, message, reason } of KNOWN_FAILURES) {
      const seen = SEEN.filter(([id]) => cells.test(id))

      expect(ids.filter((id) => cells.test(id)), reason).to.have.members(seen.map(([id]) => id))
      expect(seen, reason).to.not.be.empty()
      expect(seen.every(([, text]) => message.test(text)), reason).to.equal(true)
    }
  })

  it('excuse nothing that ours has read of python', () => {
    expect(knownFailureOf({ id: 'transport quicmesh x python (quic-v1, half-close)' }, '{"row":"half-close","ok":false,"bytes":65000}')).to.equal(undefined)
    expect(knownFailureOf({ id: 'transport quicmesh x python (quic-v1, transfer)' }, '{"ok":false,"uploadOk":true,"downloadOk":false,"downloadBytes":10484608}')).to.equal(undefined)
  })

  it('excuse no other cell by the same message', () => {
    for (const [id, message] of SEEN) {
      expect(knownFailureOf({ id: id.replace('chainsafe', 'go').replace('python', 'rust') }, message)).to.equal(undefined)
    }
  })
})
