import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { multiaddr } from '@multiformats/multiaddr'
import { quic } from '@quicmesh/quic-transport'
import { expect } from 'aegir/chai'
import { createLibp2p } from 'libp2p'
import { PERF_PROTOCOL } from '../../../peers/js/perf/protocol.ts'
import { receive } from '../../../peers/js/streams/receive.ts'
import { LOOPBACK } from '../../../src/net/host.ts'
import { chainsafePeer, quicmeshPeer } from '../../../src/peers/js.ts'
import { RunningProgram } from '../../../src/process/running-program.ts'
import type { PerfReport } from '../../../peers/js/perf/client.ts'
import type { Peer } from '../../../src/peers/peer.ts'
import type { Ending } from '../../../src/process/running-program.ts'
import type { Libp2p, Stream } from '@libp2p/interface'

/** For a program to load, on a busy machine. */
const START_TIMEOUT_MS = 20_000

const POLL_MS = 25

/** What the contract gives a server to end. */
const TERM_MS = 1_000

const UPLOAD_BYTES = 3_000_001
const DOWNLOAD_BYTES = 5_000_001

describe('our perf program', function () {
  this.timeout(60_000)

  let folder: string
  let aborter: AbortController
  let nodes: Libp2p[]

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'js-perf-'))
    aborter = new AbortController()
    nodes = []
  })

  afterEach(async () => {
    aborter.abort(new Error('The test is over'))
    await Promise.all(nodes.map(async (node) => node.stop()))
    await rm(folder, { recursive: true, force: true })
  })

  const start = async (args: string[], { name = 'perf', peer = quicmeshPeer }: { name?: string, peer?: Peer } = {}): Promise<RunningProgram> => {
    const { perf = expect.fail('perf is missing') } = await peer.build(() => {})

    return RunningProgram.start({ ...perf, args: [...perf.args, ...args] }, { host: LOOPBACK, env: {}, name, logs: folder, signal: aborter.signal })
  }

  /** Returns the server and where it listens. */
  const startServer = async (transport: string, peer?: Peer): Promise<[server: RunningProgram, address: string]> => {
    const server = await start(['--run-server', '--server-address', '127.0.0.1:0', '--transport', transport], { name: 'server', peer })
    const [, port] = await said(server, /listening on \/ip4\/127\.0\.0\.1\/(?:udp|tcp)\/(\d+)/)

    return [server, `127.0.0.1:${port}`]
  }

  const request = (address: string, transport: string, uploadBytes = UPLOAD_BYTES, downloadBytes = DOWNLOAD_BYTES): string[] => [
    '--server-address', address, '--transport', transport, '--upload-bytes', String(uploadBytes), '--download-bytes', String(downloadBytes)
  ]

  for (const transport of ['quic-v1', 'tcp']) {
    it(`carries what it is told over ${transport}, without a peer id, and ends`, async () => {
      const [server, address] = await startServer(transport)
      const client = await (await start(request(address, transport))).ended

      expect(finalReport(client)).to.include({ type: 'final', uploadBytes: UPLOAD_BYTES, downloadBytes: DOWNLOAD_BYTES })
      expect(finalReport(client).timeSeconds).to.be.within(0.001, 50)

      const startedAtMs = performance.now()
      const { code, report } = await server.stop()
      expect(performance.now() - startedAtMs).to.be.below(TERM_MS)
      expect([code, report]).to.deep.equal([0, ''])
    })
  }

  for (const [client, server] of [[quicmeshPeer, chainsafePeer], [chainsafePeer, quicmeshPeer]]) {
    it(`is a client of ${client.name} to a server of ${server.name}`, async () => {
      const [, address] = await startServer('quic-v1', server)
      const ending = await (await start(request(address, 'quic-v1'), { peer: client })).ended

      expect(finalReport(ending)).to.include({ uploadBytes: UPLOAD_BYTES, downloadBytes: DOWNLOAD_BYTES })
    })
  }

  it('carries nothing', async () => {
    const [, address] = await startServer('quic-v1')
    const ending = await (await start(request(address, 'quic-v1', 0, 0))).ended

    expect(finalReport(ending)).to.include({ uploadBytes: 0, downloadBytes: 0 })
  })

  it('reports every second what was carried in it', async () => {
    const address = await startFakeServer(async (stream) => {
      await receive(stream, () => {})
      stream.send(new Uint8Array(1_000))
      await delay(2_300)
      stream.send(new Uint8Array(500))
      await stream.close()
    })
    const ending = await (await start(request(address, 'quic-v1', 2_000, 1_500))).ended
    const reports = reportsOf(ending)
    const intermediary = reports.slice(0, -1)

    expect(reports.at(-1)).to.include({ type: 'final', uploadBytes: 2_000, downloadBytes: 1_500 })
    expect(reports.at(-1)?.timeSeconds).to.be.at.least(2.3)
    expect(intermediary).to.have.lengthOf.at.least(2)
    expect(intermediary.map(({ type }) => type)).to.deep.equal(intermediary.map(() => 'intermediary'))
    expect(intermediary.every(({ timeSeconds }) => timeSeconds > 0.9)).to.be.true()
    expect(intermediary[0]).to.include({ uploadBytes: 2_000, downloadBytes: 1_000 })
    expect(intermediary[1]).to.include({ uploadBytes: 0, downloadBytes: 0 })
  })

  const badServers: Array<[what: string, serve: (stream: Stream) => Promise<void>, lastWords: RegExp]> = [
    ['a download that is short', async (stream) => {
      await receive(stream, () => {})
      stream.send(new Uint8Array(1_499))
      await stream.close()
    }, /^Error: The download ended after 1499 of 1500 bytes$/],
    ['a download that is too long', async (stream) => {
      await receive(stream, () => {})
      stream.send(new Uint8Array(1_501))
      await stream.close()
    }, /^Error: 1501 bytes arrived, which is more than the 1500 that were asked for$/],
    ['a reset', async (stream) => {
      stream.abort(new Error('not today'))
    }, /^Error: The peer reset the stream with code 0$|^StreamResetError: /]
  ]

  for (const [what, serve, lastWords] of badServers) {
    it(`fails for ${what}`, async () => {
      const ending = await (await start(request(await startFakeServer(serve), 'quic-v1', 2_000, 1_500))).ended

      expect(ending.code).to.equal(1)
      expect(ending.report).to.not.include('final')
      expect(ending.lastWords).to.match(lastWords)
    })
  }

  it('fails for a server that knows no perf', async () => {
    const node = await startNode()
    const ending = await (await start(request(addressOf(node), 'quic-v1'))).ended

    expect([ending.code, ending.report]).to.deep.equal([1, ''])
    expect(ending.lastWords).to.match(/^UnsupportedProtocolError: .*\/perf\/1\.0\.0/)
  })

  for (const transport of ['quic-v1', 'tcp']) {
    it(`fails when the server vanishes during an upload over ${transport}`, async () => {
      const [server, address] = await startServer(transport)
      const client = await start(request(address, transport, Number.MAX_SAFE_INTEGER, 0), { name: 'client' })
      await client.untilOutput(/"type":"intermediary"/, START_TIMEOUT_MS)
      await server.stop()
      const { code, report, lastWords } = await client.ended

      expect(code).to.equal(1)
      expect(report).to.not.include('final')
      expect(lastWords).to.not.equal('')
    })
  }

  it('fails when nobody listens', async () => {
    const [server, address] = await startServer('tcp')
    await server.stop()
    const { code, report, lastWords } = await (await start(request(address, 'tcp'))).ended

    expect([code, report]).to.deep.equal([1, ''])
    expect(lastWords).to.match(/ECONNREFUSED/)
  })

  it('says how it is called when it is called in another way', async () => {
    const program = await start(['--transport', 'ws', '--server-address', '127.0.0.1:1'])
    const { code, report, lastWords } = await program.ended

    expect([code, report]).to.deep.equal([1, ''])
    expect(lastWords).to.match(/^ArgumentError: --transport ws is unsupported/)
    expect(await readFile(program.logFile, 'utf8')).to.match(/^perf --run-server /)
  })

  it('cuts a request off whose header is cut short or asks for too much, and serves the next', async () => {
    const [, address] = await startServer('quic-v1')
    const client = await createLibp2p({ transports: [quic()] })
    nodes.push(client)
    const connection = await client.dial(multiaddr(`/ip4/127.0.0.1/udp/${address.split(':')[1]}/quic-v1`))

    for (const header of [Uint8Array.of(0, 0, 0), new Uint8Array(8).fill(0xff)]) {
      const stream = await connection.newStream(PERF_PROTOCOL)
      stream.send(header)
      await stream.close()

      expect((await receive(stream, () => {})).ended).to.equal('reset')
    }

    const stream = await connection.newStream(PERF_PROTOCOL)
    stream.send(new Uint8Array(8).with(7, 5))
    await stream.close()
    let bytes = 0
    await receive(stream, (data) => { bytes += data.byteLength })

    expect(bytes).to.equal(5)
  })

  async function startNode (): Promise<Libp2p> {
    const node = await createLibp2p({ addresses: { listen: ['/ip4/127.0.0.1/udp/0/quic-v1'] }, transports: [quic()] })
    nodes.push(node)

    return node
  }

  async function startFakeServer (serve: (stream: Stream) => Promise<void>): Promise<string> {
    const node = await startNode()
    await node.handle(PERF_PROTOCOL, serve)

    return addressOf(node)
  }
})

function addressOf (node: Libp2p): string {
  const [, , ip, , port] = node.getMultiaddrs()[0].toString().split('/')

  return `${ip}:${port}`
}

function finalReport (ending: Ending): PerfReport {
  return reportsOf(ending).at(-1) ?? expect.fail('There is no report')
}

function reportsOf ({ code, report, lastWords }: Ending): PerfReport[] {
  if (code !== 0) {
    throw new Error(`It ended with exit code ${code}: ${lastWords}`)
  }

  return report.trim().split('\n').map((line) => JSON.parse(line))
}

/** Waits for words to people. */
async function said (program: RunningProgram, words: RegExp): Promise<RegExpExecArray> {
  const endsAtMs = performance.now() + START_TIMEOUT_MS

  while (performance.now() < endsAtMs) {
    const match = words.exec(await readFile(program.logFile, 'utf8').catch(() => ''))

    if (match != null) {
      return match
    }

    await delay(POLL_MS)
  }

  throw new Error(`${program.name} did not say ${words} within ${START_TIMEOUT_MS} ms`)
}
