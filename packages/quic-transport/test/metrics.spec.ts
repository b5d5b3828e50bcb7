import { createRequire } from 'node:module'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { defaultLogger } from '@libp2p/logger'
import { prometheusMetrics } from '@libp2p/prometheus-metrics'
import { multiaddr } from '@multiformats/multiaddr'
import { expect } from 'aegir/chai'
import { quic } from '../src/index.ts'
import { CapturingUpgrader } from './fixtures/muxers.ts'
import { connectionFrom, LOOPBACK, Nodes, openStream, readAll, sendAll } from './fixtures/nodes.ts'
import { QUIC } from './fixtures/stacks.ts'
import type { Stack } from './fixtures/stacks.ts'
import type { CounterGroup, MetricGroup } from '@libp2p/interface'

/** The registry of the very client that the package brings. */
const { register }: { register: { metrics(): Promise<string> } } = createRequire(import.meta.resolve('@libp2p/prometheus-metrics'))('prom-client')

/** Counts by the name of the group and the label's value. */
class Counts {
  readonly byGroup: Record<string, Record<string, number>> = {}
  readonly #calculations: Record<string, () => unknown> = {}

  registerCounterGroup (name: string): CounterGroup {
    const counts: Record<string, number> = this.byGroup[name] = {}

    return {
      increment: (values) => {
        for (const [label, value = 0] of Object.entries(values)) {
          counts[label] = (counts[label] ?? 0) + Number(value)
        }
      },
      reset: () => {}
    }
  }

  registerMetricGroup (name: string, options?: { calculate?(): unknown }): MetricGroup {
    this.#calculations[name] = () => options?.calculate?.()
    const ignore = (): void => {}

    return { update: ignore, increment: ignore, decrement: ignore, reset: ignore, timer: () => ignore }
  }

  /** Every gauge, which brings the counters up to date. */
  async collect (): Promise<Record<string, unknown>> {
    // what was read in this turn is good for all of it
    await new Promise(resolve => setImmediate(resolve))

    return Object.fromEntries(Object.entries(this.#calculations).map(([name, calculate]) => [name, calculate()]))
  }
}

function measuredBy (metrics: Counts): Stack {
  return {
    ...QUIC,
    init: () => ({ transports: [({ privateKey, logger }) => quic()({ privateKey, logger, metrics })] })
  }
}

/** The value of one sample in Prometheus' text format. */
function sample (text: string, name: string, label: string): number {
  const [, value] = new RegExp(`^${name}\\{\\w+="${label}"\\} (\\S+)$`, 'm').exec(text) ?? []

  return Number(value)
}

describe('metrics', () => {
  const nodes = new Nodes()
  let measured: Nodes
  let metrics: Counts

  beforeEach(() => {
    metrics = new Counts()
    measured = new Nodes(measuredBy(metrics))
  })

  afterEach(async () => {
    await Promise.all([nodes.stop(), measured.stop()])
  })

  it('count what dials and listeners do', async () => {
    const transport = quic()({ privateKey: await generateKeyPair('Ed25519'), logger: defaultLogger(), metrics })
    const inbound = new CapturingUpgrader()
    const outbound = new CapturingUpgrader()
    const listener = transport.createListener({ upgrader: inbound })
    await listener.listen(multiaddr(LOOPBACK))
    const [address] = listener.getAddrs()
    const controller = new AbortController()

    const dial = transport.dial(address, { upgrader: outbound, signal: controller.signal })
    await Promise.all([outbound.captured(), inbound.captured()])
    const { libp2p_quic_connections: connections, libp2p_quic_pending: pending } = await metrics.collect()
    expect(Object.values(connections ?? {})).to.deep.equal([2])
    expect(pending).to.deep.equal({ handshakes: 0, upgrades: 1 })

    controller.abort()
    await expect(dial).to.eventually.be.rejected()
    await listener.close()

    expect(metrics.byGroup.libp2p_quic_dialer_events_total).to.include({ connect: 1, abort: 1 })
    expect(metrics.byGroup.libp2p_quic_dialer_errors_total).to.deep.equal({ AbortError: 1 })
    expect(metrics.byGroup.libp2p_quic_listener_events_total).to.include({ connection: 1 })
    expect(metrics.byGroup.libp2p_quic_listener_errors_total).to.deep.equal({ inbound_upgrade: 1 })
  })

  it('tell the sockets and the spread of the connections, 0 when there are none', async () => {
    const privateKey = await generateKeyPair('Ed25519')
    const transport = quic({ socketSendBufferBytes: 32_768, socketReceiveBufferBytes: 65_536 })({ privateKey, logger: defaultLogger(), metrics })
    const none = { min: 0, median: 0, max: 0 }
    expect(await metrics.collect()).to.deep.equal({
      libp2p_quic_connections: {},
      libp2p_quic_receive_window_bytes: {},
      libp2p_quic_pending: { handshakes: 0, upgrades: 0 },
      libp2p_quic_rtt_milliseconds: none,
      libp2p_quic_congestion_window_bytes: none,
      libp2p_quic_socket_buffer_bytes: { send: 0, receive: 0 }
    })

    const listener = transport.createListener({ upgrader: new CapturingUpgrader() })
    await listener.listen(multiaddr(LOOPBACK))
    const [address] = transport.statistics().sockets
    const name = `${address.address}:${address.port}`
    expect(await metrics.collect()).to.deep.include({
      libp2p_quic_connections: { [name]: 0 },
      libp2p_quic_receive_window_bytes: { [name]: 0 },
      libp2p_quic_socket_buffer_bytes: { send: 32_768, receive: 65_536 }
    })

    await listener.close()
    expect(await metrics.collect()).to.deep.include({
      libp2p_quic_connections: { [name]: 0 },
      libp2p_quic_receive_window_bytes: { [name]: 0 }
    })
    expect(await metrics.collect()).to.deep.include({
      libp2p_quic_connections: {},
      libp2p_quic_receive_window_bytes: {}
    })
  })

  it('counters grow by what was counted since they were last collected, and outlive their sockets', async () => {
    const listener = await measured.listen()
    const opened = connectionFrom(listener)
    const dialer = await nodes.create()
    const connection = await dialer.dial(listener.getMultiaddrs())
    const remote = await opened
    await metrics.collect()
    const first = { ...metrics.byGroup.libp2p_quic_bytes_total }
    expect(first.sent).to.be.above(1_200)
    expect(first.received).to.be.above(1_200)

    const [local, incoming] = await openStream({ dialer, listener, connection, remote })
    const [received] = await Promise.all([readAll(incoming), sendAll(local, new Uint8Array(1_000_000))])
    expect(received.byteLength).to.equal(1_000_000)
    await metrics.collect()
    const second = { ...metrics.byGroup.libp2p_quic_bytes_total }
    expect(second.received - first.received).to.be.within(1_000_000, 1_300_000)

    await connection.close()
    await listener.stop()
    await metrics.collect()
    const third = metrics.byGroup.libp2p_quic_bytes_total
    expect(third.received).to.be.within(second.received, second.received + 50_000)
    expect(metrics.byGroup.libp2p_quic_datagrams_total.received).to.be.above(10)
    expect(metrics.byGroup.libp2p_quic_handshakes_total).to.deep.equal({ failed: 0, refused: 0, retried: 0, gated: 0 })
    expect(metrics.byGroup.libp2p_quic_datagrams_refused_total).to.deep.equal({ migration: 0 })
  })

  it('reach Prometheus', async () => {
    const pair = await nodes.pair({}, { metrics: prometheusMetrics({ collectDefaultMetrics: false }) })
    const [local, remote] = await openStream(pair)
    await Promise.all([readAll(remote), sendAll(local, new Uint8Array(1_000_000))])

    const first = await register.metrics()
    const received = sample(first, 'libp2p_quic_bytes_total', 'received')
    expect(received).to.be.within(1_000_000, 1_400_000)
    expect(sample(first, 'libp2p_quic_datagrams_total', 'sent')).to.be.above(1)
    expect(sample(first, 'libp2p_quic_losses_total', 'black_holes')).to.equal(0)
    expect(sample(first, 'libp2p_quic_handshakes_total', 'refused')).to.equal(0)
    expect(sample(first, 'libp2p_quic_connections', '127.0.0.1:\\d+')).to.equal(1)
    expect(sample(first, 'libp2p_quic_receive_window_bytes', '127.0.0.1:\\d+')).to.equal(4 * 1024 * 1024)
    expect(sample(first, 'libp2p_quic_rtt_milliseconds', 'median')).to.be.above(0)
    expect(sample(first, 'libp2p_quic_congestion_window_bytes', 'max')).to.be.at.least(2_400)
    expect(sample(first, 'libp2p_quic_pending', 'upgrades')).to.equal(0)
    expect(sample(first, 'libp2p_quic_socket_buffer_bytes', 'receive')).to.be.above(0)
    expect(sample(first, 'libp2p_quic_listener_events_total', 'connection')).to.equal(1)

    const second = await register.metrics()
    expect(sample(second, 'libp2p_quic_bytes_total', 'received')).to.be.within(received, received + 50_000)
  })
})
