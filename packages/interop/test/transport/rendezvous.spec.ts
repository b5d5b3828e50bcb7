import { expect } from 'aegir/chai'
import { peerIdOf, pushes } from '../../src/transport/rendezvous.ts'

const REPORT = `OK
1700000000.100000 [0 10.77.0.2:40000] "hello" "3"
1700000000.200000 [0 10.77.0.2:40000] "RPUSH" "listenerAddr" "/ip4/10.77.0.2/udp/4001/quic-v1/p2p/12D3KooWabc"
1700000000.300000 [0 10.77.0.1:40001] "BLPOP" "listenerAddr" "0"
`

describe('what goes through Redis', () => {
  it('is told by its monitor', () => {
    expect(pushes(REPORT)).to.deep.equal([{ key: 'listenerAddr', value: '/ip4/10.77.0.2/udp/4001/quic-v1/p2p/12D3KooWabc' }])
    expect(pushes(REPORT.replaceAll('RPUSH', 'rpush'))).to.have.lengthOf(1)
  })

  it('has the id of the listener', () => {
    expect(peerIdOf(pushes(REPORT), 'listenerAddr', '10.77.0.2')).to.equal('12D3KooWabc')
  })

  const value = '/ip4/10.77.0.2/udp/4001/quic-v1/p2p/12D3KooWabc'
  const WRONG = {
    nothing: [],
    'two addresses': [{ key: 'listenerAddr', value }, { key: 'listenerAddr', value }],
    'another list': [{ key: 'other', value }],
    'an address of somebody else': [{ key: 'listenerAddr', value: value.replace('.2/', '.3/') }],
    'the address of loopback': [{ key: 'listenerAddr', value: value.replace('10.77.0.2', '127.0.0.1') }],
    'no port': [{ key: 'listenerAddr', value: value.replace('4001', '0') }],
    'no id': [{ key: 'listenerAddr', value: value.replace(/\/p2p.*/, '') }]
  }

  for (const [what, pushed] of Object.entries(WRONG)) {
    it(`must not be ${what}`, () => {
      expect(() => peerIdOf(pushed, 'listenerAddr', '10.77.0.2')).to.throw('The listener must leave')
    })
  }
})
