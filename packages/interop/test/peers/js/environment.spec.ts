import { expect } from 'aegir/chai'
import { readEnvironment } from '../../../peers/js/transport/environment.ts'

const TEST_PLANS = { transport: 'quic-v1', is_dialer: 'true', ip: '0.0.0.0', redis_addr: 'redis:6379' }
const UNIFIED = { TRANSPORT: 'quic-v1', IS_DIALER: 'false', LISTENER_IP: '10.0.0.2', REDIS_ADDR: '10.0.0.1:6380', TEST_KEY: 'a1b2c3d4', DEBUG: 'true' }
const LATENCY = { handshakePlusOneRttMs: 12.345678, pingRttMs: 0.5 }

describe('environment of our transport program', () => {
  it('is that of test-plans', () => {
    const { report, ...environment } = readEnvironment(TEST_PLANS)

    expect(environment).to.deep.equal({
      isDialer: true,
      ip: '0.0.0.0',
      redis: { host: 'redis', port: 6379 },
      list: 'listenerAddr',
      timeoutMs: 180_000,
      isVerbose: false,
      row: undefined,
      implementation: 'quicmesh',
      qlogDirectory: undefined,
      keyLogFile: undefined
    })
    expect(report(LATENCY)).to.equal('{"handshakePlusOneRTTMillis":12.346,"pingRTTMilllis":0.5}')
  })

  it('is that of unified-testing, once there is a key', () => {
    const { report, ...environment } = readEnvironment({ ...TEST_PLANS, ...UNIFIED, ROW: 'reset', IMPLEMENTATION: 'chainsafe', QLOG_DIR: 'q', KEYLOG_FILE: 'k' })

    expect(environment).to.deep.equal({
      isDialer: false,
      ip: '10.0.0.2',
      redis: { host: '10.0.0.1', port: 6380 },
      list: 'a1b2c3d4_listener_multiaddr',
      timeoutMs: 180_000,
      isVerbose: true,
      row: 'reset',
      implementation: 'chainsafe',
      qlogDirectory: 'q',
      keyLogFile: 'k'
    })
    expect(report(LATENCY)).to.equal('latency:\n  handshake_plus_one_rtt: 12.346\n  ping_rtt: 0.5\n  unit: ms')
  })

  it('has a Redis of each suite when none is given', () => {
    expect(readEnvironment({ transport: 'quic-v1', is_dialer: 'true' }).redis).to.deep.equal({ host: 'redis', port: 6379 })
    expect(readEnvironment({ TRANSPORT: 'quic-v1', IS_DIALER: 'true', TEST_KEY: 'a', REDIS_ADDR: '' }).redis).to.deep.equal({ host: 'transport-redis', port: 6379 })
  })

  for (const name of ['test_timeout_seconds', 'test_timeout_secs']) {
    it(`has a time-out in ${name}`, () => {
      expect(readEnvironment({ ...TEST_PLANS, [name]: '7.5' }).timeoutMs).to.equal(7_500)
    })
  }

  const refused: Array<[what: string, env: NodeJS.ProcessEnv, message: RegExp]> = [
    ['nothing', {}, /^transport is missing$/],
    ['another transport', { ...TEST_PLANS, transport: 'tcp' }, /^transport=tcp is unsupported/],
    ['another transport, in capitals', { ...UNIFIED, TRANSPORT: 'webrtc' }, /^TRANSPORT=webrtc is unsupported/],
    ['no side', { transport: 'quic-v1' }, /^is_dialer is missing$/],
    ['a side that is none', { ...TEST_PLANS, is_dialer: 'yes' }, /^is_dialer must be true or false, not yes$/],
    ['a time-out that is none', { ...TEST_PLANS, test_timeout_seconds: 'soon' }, /must be a number of seconds/],
    ['a time-out of nothing', { ...TEST_PLANS, test_timeout_seconds: '0' }, /must be a number of seconds/]
  ]

  for (const [what, env, message] of refused) {
    it(`refuses ${what}`, () => {
      expect(() => readEnvironment(env)).to.throw(message).with.property('name', 'EnvironmentError')
    })
  }
})
