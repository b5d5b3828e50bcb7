import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect } from 'aegir/chai'
import { freePorts } from '../../src/net/free-ports.ts'

/** Below those of the matrix. */
const FIRST = 10_500

describe('ports that nobody has', () => {
  it('are as many as were asked for, all different, within the range', async () => {
    const ports = await freePorts(5, { first: FIRST, length: 100 })

    expect(new Set(ports).size).to.equal(5)
    ports.forEach((port) => { expect(port).to.be.within(FIRST, FIRST + 99) })
  })

  it('are not those that TCP or UDP has', async () => {
    const [tcp, udp, free] = await freePorts(3, { first: FIRST, length: 100 })
    const server = createServer().listen(tcp, '127.0.0.1')
    const socket = createSocket('udp4').bind(udp, '127.0.0.1')

    try {
      await Promise.all([once(server, 'listening'), once(socket, 'listening')])

      for (const taken of [tcp, udp]) {
        await expect(freePorts(1, { first: taken, length: 1 })).to.eventually.be.rejectedWith(RangeError, 'there are 0 free')
      }

      expect(await freePorts(1, { first: free, length: 1 })).to.deep.equal([free])
    } finally {
      server.close()
      socket.close()
    }
  })
})
