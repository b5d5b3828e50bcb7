import { Worker } from 'node:worker_threads'
import { expect } from 'aegir/chai'
import { pEvent } from 'p-event'
import { closeOf, connectionFrom } from '../fixtures/nodes.ts'
import { promise } from '../fixtures/promise.ts'

const PROTOCOL = '/sink/1.0.0'
const RUNS = 3

describe('workers', () => {
  promise(7, 'a worker that is terminated in mid-transfer takes nothing along: its peer learns it and serves others', async (nodes) => {
    const listener = await nodes.listen()
    let transferring = Promise.withResolvers<void>()
    await listener.handle(PROTOCOL, (stream) => {
      stream.addEventListener('message', () => { transferring.resolve() })
    })

    for (let i = 0; i < RUNS; i++) {
      const opened = connectionFrom(listener)
      const worker = new Worker(new URL('../fixtures/sending-worker.ts', import.meta.url), {
        workerData: { address: listener.getMultiaddrs()[0].toString(), protocol: PROTOCOL, stack: nodes.stack.name },
        execArgv: []
      })
      await pEvent(worker, 'message')
      const connection = await opened
      await transferring.promise
      transferring = Promise.withResolvers()
      const closed = closeOf(connection)
      await worker.terminate()
      const { error } = await closed

      if (nodes.stack.name === 'quic') {
        expect(error).to.include({ kind: 'closedByPeer', closeName: 'shutdown' })
      }
      expect(connection.status).to.not.equal('open')
    }

    const dialer = await nodes.create()
    await expect(dialer.dial(listener.getMultiaddrs())).to.eventually.have.property('status', 'open')
  }, { timeoutMs: 60_000 })
})
