import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'aegir/chai'
import { Nodes, openStream, readAll, sendAll } from '../fixtures/nodes.ts'
import { pcapOf } from './fixtures/pcap.ts'
import { Program } from './fixtures/program.ts'
import { dissect } from './fixtures/tshark.ts'
import { Wiretap } from './fixtures/wiretap.ts'

const REQUEST = 'attack at dawn'
const RESPONSE = 'ATTACK AT DAWN'

/** Of the lines of a key log, per connection (draft-ietf-tls-keylogfile section 3). */
const SECRETS = ['CLIENT_HANDSHAKE_TRAFFIC_SECRET', 'SERVER_HANDSHAKE_TRAFFIC_SECRET', 'CLIENT_TRAFFIC_SECRET_0', 'SERVER_TRAFFIC_SECRET_0']

/** Of the TLS registry of extensions. */
const SERVER_NAME = '0'
const PRE_SHARED_KEY = '41'
const EARLY_DATA = '42'

/** Of the TLS registry of handshake messages. */
const CLIENT_HELLO = '1'
const NEW_SESSION_TICKET = '4'
const CERTIFICATE = '11'
const CERTIFICATE_REQUEST = '13'

/** Transport parameter (RFC 9221 section 3). */
const MAX_DATAGRAM_FRAME_SIZE = '32'

/** Packet type of long headers (RFC 9000 section 17.2.3). */
const ZERO_RTT = '1'

const folders: string[] = []

async function temporaryFolder (): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'quic-transport-'))
  folders.push(folder)

  return folder
}

async function isThere (path: string): Promise<boolean> {
  return stat(path).then(() => true, () => false)
}

/** Frames without data have no hex. */
function text (frames: string[]): string {
  return frames.map(hex => Buffer.from(hex, 'hex').toString()).join('')
}

interface Capture {
  file: string
  port: number
  dialerKeys: string
  listenerKeys: string
}

describe('a capture of a connection', function () {
  this.timeout(120_000)

  const nodes = new Nodes()
  let capture: Capture

  /** The values of fields in all packets together. */
  async function read (keyLog: string | undefined, ...fields: string[]): Promise<string[][]> {
    const packets = await dissect({ ...capture, keyLog, fields })

    return fields.map((_, i) => packets.flatMap(packet => packet[i]))
  }

  before(async () => {
    const folder = await temporaryFolder()
    const [file, dialerKeys, listenerKeys] = ['capture.pcap', 'dialer.keys', 'listener.keys'].map(name => join(folder, name))
    const [dialer, listener] = await Promise.all([
      nodes.create({ quic: { keyLogFile: dialerKeys } }),
      nodes.listen({ quic: { keyLogFile: listenerKeys } })
    ])
    const tap = await Wiretap.create(listener.getMultiaddrs()[0])
    await listener.handle('/shout/1.0.0', async (stream) => {
      const request = Buffer.from(await readAll(stream)).toString()
      await sendAll(stream, Buffer.from(request.toUpperCase()))
    })

    const connection = await dialer.dial(tap.address)
    const stream = await connection.newStream('/shout/1.0.0')
    const [response] = await Promise.all([readAll(stream), sendAll(stream, Buffer.from(REQUEST))])
    expect(Buffer.from(response).toString()).to.equal(RESPONSE)
    await connection.close()
    await nodes.stop()
    tap.close()

    await writeFile(file, pcapOf(tap))
    capture = { file, port: tap.port, dialerKeys, listenerKeys }
  })

  after(async () => {
    await nodes.stop()
    await Promise.all(folders.splice(0).map(async folder => rm(folder, { recursive: true })))
  })

  it('is read by tshark with the key log of either side', async () => {
    for (const keyLog of [capture.dialerKeys, capture.listenerKeys]) {
      const [data, codes] = await read(keyLog, 'quic.stream_data', 'quic.cc.error_code.app')

      expect(text(data)).to.include(REQUEST).and.include(RESPONSE).and.include('/multistream/1.0.0')
      expect(codes).to.include('0')
    }
  })

  it('tells nothing of its streams and its certificates without one', async () => {
    const [data, messages] = await read(undefined, 'quic.stream_data', 'tls.handshake.type')

    expect(data).to.be.empty()
    expect(messages).to.include(CLIENT_HELLO).and.not.include(CERTIFICATE)
  })

  it('shows the protocol libp2p alone, and no server name', async () => {
    const [protocols, extensions, names] = await read(capture.dialerKeys,
      'tls.handshake.extensions_alpn_str', 'tls.handshake.extension.type', 'tls.handshake.extensions_server_name')

    // offered in the ClientHello, chosen in the EncryptedExtensions
    expect(protocols).to.deep.equal(['libp2p', 'libp2p'])
    expect(names).to.be.empty()
    expect(extensions).to.have.length.above(5).and.not.include(SERVER_NAME)
  })

  it('shows certificates of both sides', async () => {
    const [messages] = await read(capture.dialerKeys, 'tls.handshake.type')

    expect(messages.filter(type => type === CERTIFICATE)).to.have.lengthOf(2)
    expect(messages).to.include(CERTIFICATE_REQUEST)
  })

  it('shows neither 0-RTT nor a session ticket', async () => {
    const [types, messages, extensions] = await read(capture.dialerKeys,
      'quic.long.packet_type', 'tls.handshake.type', 'tls.handshake.extension.type')

    expect(types).to.not.include(ZERO_RTT)
    expect(messages).to.not.include(NEW_SESSION_TICKET)
    expect(extensions).to.not.include(EARLY_DATA).and.not.include(PRE_SHARED_KEY)
  })

  it('shows QUIC version 1, no datagrams and no unidirectional streams', async () => {
    const [versions, parameters, bidirectional, unidirectional] = await read(capture.dialerKeys, 'quic.version', 'tls.quic.parameter.type',
      'tls.quic.parameter.initial_max_streams_bidi', 'tls.quic.parameter.initial_max_streams_uni')

    expect(new Set(versions)).to.deep.equal(new Set(['0x00000001']))
    expect(parameters).to.have.length.above(10).and.not.include(MAX_DATAGRAM_FRAME_SIZE)
    expect(bidirectional).to.deep.equal(['256', '256'])
    // none is what a missing parameter means (RFC 9000 section 18.2)
    expect(unidirectional.filter(count => count !== '0')).to.be.empty()
  })
})

describe('the key log', function () {
  this.timeout(120_000)

  const nodes = new Nodes()
  let file: string

  beforeEach(async () => {
    file = join(await temporaryFolder(), 'secrets')
  })

  afterEach(async () => {
    await nodes.stop()
    await Promise.all(folders.splice(0).map(async folder => rm(folder, { recursive: true })))
  })

  it('is appended to, for its owner alone', async () => {
    await writeFile(file, '# of another process\n', { mode: 0o600 })
    const listener = await nodes.listen({ quic: { keyLogFile: file } })
    await openStream(await nodes.pair({ quic: { keyLogFile: file } }))
    const dialer = await nodes.create()
    await dialer.dial(listener.getMultiaddrs())
    const lines = (await readFile(file, 'latin1')).trimEnd().split('\n')

    expect(lines[0]).to.equal('# of another process')
    for (const secret of SECRETS) {
      expect(lines.filter(line => line.startsWith(`${secret} `))).to.have.lengthOf(2)
    }
    expect(lines.slice(1).every(line => /^\w+ [0-9a-f]{64} [0-9a-f]{64,96}$/.test(line))).to.be.true()
  })

  it('is made for its owner alone', async function () {
    await nodes.pair({ quic: { keyLogFile: file } })

    // Windows has no such bits
    expect((await stat(file)).mode & (process.platform === 'win32' ? 0 : 0o077)).to.equal(0)
    expect(await readFile(file, 'latin1')).to.include(SECRETS[0])
  })

  it('that can\'t be opened fails listening and dialling', async () => {
    const keyLogFile = join(file, 'in-a-folder-that-is-not-there')
    const listener = await nodes.listen()
    const dialer = await nodes.create({ quic: { keyLogFile } })

    await expect(nodes.listen({ quic: { keyLogFile } })).to.eventually.be.rejected()
    await expect(dialer.dial(listener.getMultiaddrs())).to.eventually.be.rejected.with.property('code', 'ERR_KEY_LOG')
  })

  it('is not made by SSLKEYLOGFILE in the environment alone', async () => {
    for (const { options, isLogged } of [{ options: {}, isLogged: false }, { options: { keyLogFile: file }, isLogged: true }]) {
      const program = new Program('exchange', options, { SSLKEYLOGFILE: file })

      try {
        expect(await program.said('done')).to.be.true()
      } finally {
        await program.kill()
      }

      expect(await isThere(file)).to.equal(isLogged)
    }
  })
})
