import { generateKeyPair } from '@libp2p/crypto/keys'
import { defaultLogger } from '@libp2p/logger'
import { multiaddr } from '@multiformats/multiaddr'
import { expect } from 'aegir/chai'
import { quic } from '../src/index.ts'
import { CapturingUpgrader } from './fixtures/muxers.ts'
import { LOOPBACK } from './fixtures/nodes.ts'
import type { CounterGroup, MetricGroup } from '@libp2p/interface'

/** Counts by the name of the group and the label's value. */
class Counts {
  readonly byGroup: Record<string, Record<string, number>> = {}
  readonly calculated: Record<string, () => unknown> = {}

  registerCounterGroup (name: string): CounterGroup {
    const counts: Record<string, number> = this.byGroup[name] = {}

    return {
      increment: (values) => {
        for (const label of Object.keys(values)) {
          counts[label] = (counts[label] ?? 0) + 1
        }
      },
      reset: () => {}
    }
  }

  registerMetricGroup (name: string, options?: { calculate?(): unknown }): MetricGroup {
    this.calculated[name] = () => options?.calculate?.()
    const ignore = (): void => {}

    return { update: ignore, increment: ignore, decrement: ignore, reset: ignore, timer: () => ignore }
  }
}

describe('metrics', () => {
  it('count what dials and listeners do', async () => {
    const metrics = new Counts()
    const transport = quic()({ privateKey: await generateKeyPair('Ed25519'), logger: defaultLogger(), metrics })
    const inbound = new CapturingUpgrader()
    const outbound = new CapturingUpgrader()
    const listener = transport.createListener({ upgrader: inbound })
    await listener.listen(multiaddr(LOOPBACK))
    const [address] = listener.getAddrs()
    const controller = new AbortController()

    const dial = transport.dial(address, { upgrader: outbound, signal: controller.signal })
    await Promise.all([outbound.captured(), inbound.captured()])
    expect(Object.values(metrics.calculated.libp2p_quic_connections() ?? {})).to.deep.equal([2])

    controller.abort()
    await expect(dial).to.eventually.be.rejected()
    await listener.close()

    expect(metrics.byGroup.libp2p_quic_dialer_events_total).to.include({ connect: 1, abort: 1 })
    expect(metrics.byGroup.libp2p_quic_dialer_errors_total).to.deep.equal({ AbortError: 1 })
    expect(metrics.byGroup.libp2p_quic_listener_events_total).to.include({ connection: 1 })
    expect(metrics.byGroup.libp2p_quic_listener_errors_total).to.deep.equal({ inbound_upgrade: 1 })
  })
})
