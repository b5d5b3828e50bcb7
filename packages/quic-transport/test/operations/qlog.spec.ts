import { mkdtemp, readFile, readdir, readlink, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { multiaddr } from '@multiformats/multiaddr'
import { expect } from 'aegir/chai'
import { QuicListenError } from '../../src/index.ts'
import { CapturingUpgrader } from '../fixtures/muxers.ts'
import { LOOPBACK, openStream, readAll, sendAll, until } from '../fixtures/nodes.ts'
import { MeasuredNodes } from './fixtures/measured.ts'
import type { Pair } from '../fixtures/nodes.ts'

const RECORD_SEPARATOR = '\u001e'

/** Linux has a link for each open file there (proc(5)). */
const FILES = '/proc/self/fd'

/** A connection lingers for three probe time-outs after it was closed (RFC 9000 section 10.2). */
const CLOSED_TIMEOUT_MS = 20_000

const TRANSFER_BYTES = 256 * 1024

/** The default of `maxMtu`. */
const MAX_DATAGRAM_BYTES = 1_452

const MANY = 50

/** libp2p's own limits would come first. */
const UNLIMITED = { inboundConnectionThreshold: 1_000, maxIncomingPendingConnections: MANY }

interface Event {
  time: number
  name: string
  data: { header?: { packet_type: string, packet_number: number } }
}

interface Log {
  role: string
  header: Record<string, unknown>
  events: Event[]
}

/** JSON text sequences (RFC 7464): each record begins with a separator, ends with a line feed, and is one JSON object. */
function records (text: string): Array<Record<string, unknown>> {
  const [before, ...rest] = text.split(RECORD_SEPARATOR)
  expect(before).to.equal('')

  return rest.map(record => {
    expect(record.endsWith('\n')).to.be.true(record)

    return JSON.parse(record)
  })
}

/** @throws {Error} when it has not the fields of one */
function event (record: Record<string, unknown>): Event {
  const { time, name, data } = record

  if (typeof time !== 'number' || typeof name !== 'string' || typeof data !== 'object' || data == null) {
    throw new Error(`Not an event: ${JSON.stringify(record)}`)
  }

  return { time, name, data }
}

async function read (path: string): Promise<Log> {
  const [header, ...events] = records(await readFile(path, 'utf8'))
  const [, role = ''] = /-(client|server)\.sqlog$/.exec(path) ?? []

  return { role, header, events: events.map(event) }
}

/** Packet numbers of 1-RTT packets, which count from 0 for each connection and direction. */
function numbers ({ events }: Log, name: string): number[] {
  return events.filter(event => event.name === name && event.data.header?.packet_type === '1RTT')
    .map(({ data }) => data.header?.packet_number ?? NaN)
}

/** A sender leaves some numbers out, to notice who acknowledges what was never sent (RFC 9000 section 21.4). */
function isAscending (numbers: number[]): boolean {
  return numbers.every((number, i) => i === 0 || number > numbers[i - 1])
}

/** How many files of a directory this process has open. */
async function openFiles (directory: string): Promise<number> {
  const links = await Promise.all((await readdir(FILES)).map(async file => {
    // the one by which the list was read is gone already
    return readlink(join(FILES, file)).catch(() => '')
  }))

  return links.filter(path => path.startsWith(directory)).length
}

/** Until all of them are closed. */
async function closed (directory: string): Promise<void> {
  const deadline = Date.now() + CLOSED_TIMEOUT_MS

  while (await openFiles(directory) > 0) {
    expect(Date.now()).to.be.below(deadline)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

describe('qlog', function () {
  this.timeout(60_000)

  let nodes: MeasuredNodes
  let folder: string

  beforeEach(async () => {
    nodes = new MeasuredNodes()
    folder = await mkdtemp(join(tmpdir(), 'quic-transport-'))
  })

  afterEach(async () => {
    await nodes.stop()
    await rm(folder, { recursive: true })
  })

  async function transfer (pair: Pair): Promise<void> {
    const [local, remote] = await openStream(pair)
    const [received] = await Promise.all([readAll(remote), sendAll(local, new Uint8Array(TRANSFER_BYTES))])
    expect(received.byteLength).to.equal(TRANSFER_BYTES)
  }

  /** Of connections that were closed, once all of their files are written. */
  async function logs (directory: string): Promise<Log[]> {
    await nodes.stop()
    await closed(directory)

    return Promise.all((await readdir(directory)).map(async name => read(join(directory, name))))
  }

  it('leaves a file for each end of a connection', async () => {
    const directory = join(folder, 'made', 'if need be')
    const pair = await nodes.pair({ quic: { qlogDirectory: directory } }, { quic: { qlogDirectory: directory } })
    await transfer(pair)
    await pair.connection.close()
    const [client, server] = (await logs(directory)).sort((a, b) => a.role.localeCompare(b.role))

    expect([client.role, server.role]).to.deep.equal(['client', 'server'])
    expect(client.header).to.deep.include({ qlog_version: '0.3', qlog_format: 'JSON-SEQ', title: 'quicmesh client' })
    expect(server.header).to.deep.include({ qlog_version: '0.3', qlog_format: 'JSON-SEQ', title: 'quicmesh server' })

    for (const { header, events } of [client, server]) {
      expect(header.trace).to.be.an('object').that.has.property('vantage_point')
      expect(events.map(({ name }) => name)).to.include.members(['transport:packet_sent', 'transport:packet_received', 'recovery:metrics_updated'])
      expect(events.every(({ time }, i) => time >= (i === 0 ? 0 : events[i - 1].time))).to.be.true()
      expect(events[events.length - 1].time).to.be.within(1, 60_000)
    }

    const sent = numbers(client, 'transport:packet_sent')
    expect(isAscending(sent)).to.be.true(String(sent))
    expect(sent.length).to.be.above(TRANSFER_BYTES / MAX_DATAGRAM_BYTES)
    expect(sent).to.include.members(numbers(server, 'transport:packet_received'))
  })

  it('of one node says nothing of the other', async () => {
    const pair = await nodes.pair({}, { quic: { qlogDirectory: folder } })
    await transfer(pair)

    expect((await logs(folder)).map(({ role }) => role)).to.deep.equal(['server'])
  })

  it('is not written without the option', async () => {
    const before = await readdir(process.cwd())
    const pair = await nodes.pair()
    await transfer(pair)
    await nodes.stop()

    expect(await readdir(folder)).to.be.empty()
    expect(await readdir(process.cwd())).to.deep.equal(before)
  })

  it('records a dial that fails', async () => {
    const listener = await nodes.listen()
    const dialer = await nodes.create({ quic: { qlogDirectory: folder } })
    const stranger = multiaddr(`${listener.getMultiaddrs()[0].decapsulate('/p2p')}/p2p/12D3KooWKnDdG3iXw9eTFijk3EWSunZcFi54Zka4wmtqtt6rPxc8`)
    await expect(dialer.dial(stranger)).to.eventually.be.rejected()
    const [client] = await logs(folder)

    expect(client.role).to.equal('client')
    expect(client.events.map(({ name }) => name)).to.include('transport:packet_sent')
  })

  it(`keeps ${MANY} connections apart, and closes the file of each when it ends`, async () => {
    const listener = await nodes.listen({ connectionManager: UNLIMITED, quic: { qlogDirectory: folder } })
    const dialers = await Promise.all(Array.from({ length: MANY }, async () => nodes.create()))
    const connections = await Promise.all(dialers.map(async dialer => dialer.dial(listener.getMultiaddrs())))
    await until(() => nodes.transportOf(listener).statistics().connections === MANY)
    expect(await openFiles(folder)).to.equal(MANY)

    await Promise.all(connections.map(async connection => connection.close()))
    await closed(folder)
    const written = await Promise.all((await readdir(folder)).map(async name => read(join(folder, name))))

    expect(written).to.have.lengthOf(MANY)
    expect(written.every(({ role }) => role === 'server')).to.be.true()

    for (const log of written) {
      const sent = numbers(log, 'transport:packet_sent')
      expect(isAscending(sent)).to.be.true(String(sent))
      expect(sent).to.not.be.empty()
    }
  })

  describe('into a directory that can\'t be made', () => {
    let qlogDirectory: string

    beforeEach(async () => {
      const file = join(folder, 'file')
      await writeFile(file, '')
      qlogDirectory = join(file, 'directory')
    })

    it('fails to listen', async () => {
      const node = await nodes.create({ quic: { qlogDirectory } })
      const listener = nodes.transportOf(node).createListener({ upgrader: new CapturingUpgrader() })
      const error = await listener.listen(multiaddr(LOOPBACK)).then(() => undefined, (err: Error) => err)

      expect(error).to.be.instanceOf(QuicListenError).and.to.include({ name: 'ListenError', code: 'ERR_QLOG' })
    })

    it('fails to dial', async () => {
      const listener = await nodes.listen()
      const dialer = await nodes.create({ quic: { qlogDirectory } })

      await expect(dialer.dial(listener.getMultiaddrs())).to.eventually.be.rejected.with.property('code', 'ERR_QLOG')
    })
  })
})
