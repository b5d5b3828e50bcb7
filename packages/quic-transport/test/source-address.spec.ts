import { networkInterfaces } from 'node:os'
import { expect } from 'aegir/chai'
import { sourceAddress } from '../src/source-address.ts'

describe('the source address', () => {
  it('of a loopback address is one itself', async () => {
    expect(await sourceAddress({ family: 4, address: '127.0.0.1', port: 9 })).to.equal('127.0.0.1')
    expect(await sourceAddress({ family: 6, address: '::1', port: 9 })).to.equal('::1')
  })

  it('of an address of this machine is that one', async () => {
    for (const { address, family, scopeid } of Object.values(networkInterfaces()).flatMap(found => found ?? [])) {
      if (scopeid == null || scopeid === 0) {
        expect(await sourceAddress({ family: family === 'IPv4' ? 4 : 6, address, port: 9 })).to.equal(address)
      }
    }
  })

  it('is none where the system has no way', async () => {
    expect(await sourceAddress({ family: 4, address: '255.255.255.255', port: 9 })).to.be.undefined()
  })
})
