import { generateKeyPair } from '@libp2p/crypto/keys'
import { defaultLogger } from '@libp2p/logger'
import { expect } from 'aegir/chai'
import { quic } from '../src/index.ts'
import { checkOptions } from '../src/options.ts'
import type { QuicOptions } from '../src/index.ts'
import type { PrivateKey } from '@libp2p/interface'

describe('options', () => {
  it('have a default each', () => {
    for (const [name, value] of Object.entries(checkOptions())) {
      expect(value, name).to.not.equal(undefined)
    }
  })

  it('keep the memory that one peer can hold below 8 MiB by default', () => {
    const { connectionReceiveWindowBytes, connectionCreditBytes } = checkOptions()

    expect(connectionReceiveWindowBytes + connectionCreditBytes).to.be.below(8 * 1024 * 1024)
  })

  it('are taken over', () => {
    expect(checkOptions({ maxInboundStreams: 7 })).to.have.property('maxInboundStreams', 7)
  })

  it('that are undefined mean the default', () => {
    expect(checkOptions({ maxInboundStreams: undefined })).to.have.property('maxInboundStreams', 256)
  })

  it('that are no object are refused', () => {
    for (const options of [null, 5, [], 'quic']) {
      expect(() => checkOptions(options as QuicOptions)).to.throw('the options must be an object').with.property('name', 'InvalidParametersError')
    }
  })

  const wrong: Record<string, QuicOptions> = {
    'an MTU below 1,200': { initialMtu: 1199 },
    'an MTU above 65,527': { maxMtu: 65_528 },
    'a negative duration': { handshakeTimeoutMs: -1 },
    'a fraction': { maxInboundStreams: 1.5 },
    'not a number': { maxIdleTimeoutMs: NaN },
    'a keep-alive slower than the idle time-out': { keepAliveIntervalMs: 2_000, maxIdleTimeoutMs: 1_000 },
    'a stream window larger than the connection\'s': { streamReceiveWindowBytes: 8 * 1024 * 1024 },
    'a stream credit larger than the connection\'s': { streamCreditBytes: 4 * 1024 * 1024 },
    'a first datagram larger than the largest': { initialMtu: 1_500, maxMtu: 1_400 },
    'no path': { keyLogFile: '' }
  }

  for (const [what, options] of Object.entries(wrong)) {
    it(`refuse ${what}`, () => {
      expect(() => checkOptions(options)).to.throw().with.property('name', 'InvalidParametersError')
    })
  }

  it('refuse what JavaScript alone lets pass', () => {
    const wrong: object[] = [
      { congestionControl: 'reno' }, { segmentationOffload: 1 }, { keyLogFile: 7 }, { maxConnections: '7' }, { maxConnections: null }, { toString: 1 }
    ]

    for (const options of wrong) {
      expect(() => checkOptions(options), JSON.stringify(options)).to.throw().with.property('name', 'InvalidParametersError')
    }
  })

  it('refuse a name that does not exist', () => {
    const misspelt = { maxIdleTimeout: 1_000 }

    expect(() => checkOptions(misspelt as QuicOptions)).to.throw(/maxIdleTimeout/)
      .with.property('name', 'InvalidParametersError')
  })
})

describe('components', () => {
  let privateKey: PrivateKey

  before(async () => {
    privateKey = await generateKeyPair('Ed25519')
  })

  it('promise 15: a connection protector is refused', () => {
    const connectionProtector = { protect: async () => { throw new Error('not called') } }

    expect(() => quic()({ privateKey, connectionProtector, logger: defaultLogger() })).to.throw()
      .with.property('code', 'ERR_CONNECTION_PROTECTOR_UNSUPPORTED')
  })

  it('a private key of another type is refused', async () => {
    const ecdsa = await generateKeyPair('ECDSA')

    expect(() => quic()({ privateKey: ecdsa, logger: defaultLogger() })).to.throw()
      .with.property('name', 'UnsupportedKeyTypeError')
  })

  it('wrong options are refused', () => {
    expect(() => quic({ maxMtu: 1 })({ privateKey, logger: defaultLogger() })).to.throw()
      .with.property('name', 'InvalidParametersError')
  })
})
