import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect } from 'aegir/chai'
import { findProgram } from '../../src/net/find-program.ts'
import { buildNetsim } from '../../src/netsim/build-netsim.ts'
import { startNetsim } from '../../src/netsim/netsim.ts'
import { twoHosts } from '../../src/netsim/two-hosts.ts'
import { whyNoNetsim } from '../../src/netsim/why-no-netsim.ts'
import { RunningProgram } from '../../src/process/running-program.ts'
import { ECHO, PING, RECEIVE, SEND } from './programs.ts'
import type { NetsimHost } from '../../src/netsim/config.ts'
import type { Netsim } from '../../src/netsim/netsim.ts'
import type { NetsimStatistics } from '../../src/netsim/statistics.ts'

/** From nothing, on a processor that something else uses too. */
const BUILD_TIMEOUT_MS = 300_000
const TEST_TIMEOUT_MS = 30_000
const READY_TIMEOUT_MS = 10_000

/** The senders are done, and not just waiting for a processor. */
const SILENCE_MS = 600

/** A node that starts a network and never ends by itself; it says which namespaces it has. */
const PARENT = `
  import { startNetsim } from '${new URL('../../src/netsim/netsim.ts', import.meta.url).href}'
  import { twoHosts } from '${new URL('../../src/netsim/two-hosts.ts', import.meta.url).href}'

  const { signal } = new AbortController()
  const netsim = await startNetsim(twoHosts({ rttMs: 0 }), { signal, logs: process.env.LOGS })
  console.log(JSON.stringify(Object.values(netsim.namespaces)))
`

interface Received {
  /** Name of the sender and number, in order. */
  arrivals: string[]
  bytes: number
  ms: number
}

describe('netsim', function () {
  this.timeout(TEST_TIMEOUT_MS)

  let logs: string
  let aborter: AbortController

  before(async function () {
    this.timeout(BUILD_TIMEOUT_MS)
    const why = await whyNoNetsim() ?? (findProgram('cargo') == null ? 'there is no cargo to build it' : undefined)

    if (why != null) {
      process.stderr.write(`netsim is not tested: ${why}\n`)
      this.skip()
    }

    await buildNetsim((line) => { process.stderr.write(`${line}\n`) })
  })

  beforeEach(() => {
    logs = mkdtempSync(path.join(tmpdir(), 'quicmesh-netsim-'))
    aborter = new AbortController()
  })

  afterEach(() => {
    aborter.abort()
    rmSync(logs, { recursive: true, force: true })
  })

  function start (netsim: Netsim, host: string, name: string, script: string, env: Record<string, string> = {}): RunningProgram {
    const program = { file: process.execPath, args: ['-e', script] }

    return RunningProgram.start(program, { host: netsim.hosts[host], env, name, logs, signal: aborter.signal })
  }

  async function startReceiver (netsim: Netsim, host: string): Promise<RunningProgram> {
    const receiver = start(netsim, host, 'receiver', RECEIVE, { SILENCE_MS: `${SILENCE_MS}` })
    await receiver.untilOutput(/ready/, READY_TIMEOUT_MS)

    return receiver
  }

  async function receivedBy (receiver: RunningProgram): Promise<Received> {
    const { report } = await receiver.ended

    return JSON.parse(report.split('\n')[1])
  }

  it('has the RTT that was asked for', async () => {
    const netsim = await startNetsim(twoHosts({ rttMs: 50 }), { signal: aborter.signal, logs })
    const echo = start(netsim, 'b', 'echo', ECHO)
    await echo.untilOutput(/ready/, READY_TIMEOUT_MS)
    const ping = await start(netsim, 'a', 'ping', PING, { COUNT: '15', ADDRESS: netsim.addresses.b }).ended
    const rttsMs: number[] = JSON.parse(ping.report).sort((a: number, b: number) => a - b)

    expect(rttsMs).to.have.lengthOf(15)
    // the others may have waited for a processor
    expect(rttsMs[0]).to.be.within(50, 53)

    const { hosts, lateness } = await netsim.stop()

    expect(hosts.a).to.include({ sent: 15, received: 15, lost: 0 })
    expect(hosts.b).to.include({ sent: 15, received: 15, lost: 0 })
    expect(lateness.meanMs).to.be.below(1)
    expect(JSON.parse(readFileSync(path.join(logs, 'netsim.statistics.json'), 'utf8')).hosts).to.deep.equal(hosts)
  })

  it('has the bandwidth and the queue of the uplink that were asked for', async () => {
    const { hosts: { a, b } } = await overload([{ uploadMbit: 20 }, {}])

    expect(a.uploadDropped + b.received).to.equal(a.sent)
    expect(a.uploadQueueMaxMs).to.be.within(1_199, 1_200)
  })

  it('has the bandwidth and the queue of the downlink that were asked for', async () => {
    const { hosts: { a, b } } = await overload([{}, { downloadMbit: 20 }])

    expect(b.downloadDropped + b.received).to.equal(a.sent)
    expect(b.downloadQueueMaxMs).to.be.within(1_199, 1_200)
  })

  /** Fills the queue of a link of 20 Mbit/s and beyond, and sees how fast it empties: whether the sender gets a processor does not matter. */
  async function overload (links: [Partial<NetsimHost>, Partial<NetsimHost>]): Promise<NetsimStatistics> {
    const hosts = ['a', 'b'].map((name, index) => ({ name, address: `10.0.0.${index + 1}`, ...links[index] }))
    const netsim = await startNetsim({ hosts, latencyMs: 5, queueMs: 1_200 }, { signal: aborter.signal, logs })
    const receiver = await startReceiver(netsim, 'b')
    // 1,200 bytes with the headers of IPv4 and UDP: twice what the queue holds
    const sender = start(netsim, 'a', 'sender', SEND, { COUNT: '5000', BYTES: '1172', BURST: '100', NAME: 'a', ADDRESS: netsim.addresses.b })
    const { arrivals, bytes, ms } = await receivedBy(receiver)
    await sender.ended
    const statistics = await netsim.stop()
    const mbit = (bytes + arrivals.length * 28) * 8 / ms / 1_000

    expect(mbit).to.be.within(18, 22)
    expect(statistics.hosts.a).to.include({ sent: 5_000, sentBytes: 6_000_000 })
    expect(statistics.hosts.b.received).to.be.within(2_500, 4_000)

    return statistics
  }

  it('loses the same packets with the same seed, and others with another', async () => {
    const runs = await Promise.all([7, 7, 8].map(async (seed, index) => {
      const runLogs = path.join(logs, `${index}`)
      await mkdir(runLogs)
      const netsim = await startNetsim(twoHosts({ rttMs: 2, loss: 0.2, seed }), { signal: aborter.signal, logs: runLogs })
      const receiver = await startReceiver(netsim, 'b')
      await start(netsim, 'a', 'sender', SEND, { COUNT: '500', BYTES: '100', BURST: '10', NAME: 'a', ADDRESS: netsim.addresses.b }).ended
      const { arrivals } = await receivedBy(receiver)
      const { hosts: { a } } = await netsim.stop()

      expect(a.lost + arrivals.length).to.equal(500)

      return arrivals
    }))

    expect(runs[0]).to.deep.equal(runs[1])
    expect(runs[0]).to.not.deep.equal(runs[2])
    expect(runs[0].length).to.be.within(350, 450)
  })

  it('keeps the order of each pair', async () => {
    const hosts = [
      { name: 'a', address: '10.0.0.1', uploadMbit: 30 },
      { name: 'b', address: '10.0.0.2', uploadMbit: 50 },
      { name: 'c', address: '10.0.0.3', downloadMbit: 40 }
    ]
    const netsim = await startNetsim({ hosts, latencyMs: 3, paths: [{ from: 'b', to: 'c', latencyMs: 9.3 }] }, { signal: aborter.signal, logs })
    const receiver = await startReceiver(netsim, 'c')
    const senders = ['a', 'b'].map((NAME) =>
      start(netsim, NAME, NAME, SEND, { COUNT: '1500', BYTES: '500', BURST: '10', NAME, ADDRESS: netsim.addresses.c }))
    const { arrivals } = await receivedBy(receiver)
    await Promise.all(senders.map(async (sender) => sender.ended))
    await netsim.stop()

    for (const NAME of ['a', 'b']) {
      const numbers = arrivals.filter((arrival) => arrival.startsWith(NAME)).map((arrival) => Number(arrival.slice(1)))

      expect(numbers.length).to.be.above(1_000)
      expect(numbers).to.deep.equal([...numbers].sort((a, b) => a - b))
    }
  })

  it('drops and counts what is beyond the bound of all packets', async () => {
    const netsim = await startNetsim({ ...twoHosts({ rttMs: 1_000 }), packetsMax: 20 }, { signal: aborter.signal, logs })
    const receiver = await startReceiver(netsim, 'b')
    await start(netsim, 'a', 'sender', SEND, { COUNT: '50', BYTES: '100', BURST: '50', NAME: 'a', ADDRESS: netsim.addresses.b }).ended
    const { arrivals } = await receivedBy(receiver)
    const { hosts: { a, b } } = await netsim.stop()

    expect(arrivals).to.deep.equal(Array.from({ length: 20 }, (_, index) => `a${index}`))
    expect(a).to.include({ sent: 50, bufferDropped: 30 })
    expect(b).to.include({ received: 20 })
  })

  it('says what is wrong with a configuration', async () => {
    const hosts = [{ name: 'a', address: '10.0.0.1' }, { name: 'b', address: '10.0.0.1' }]

    await expect(startNetsim({ hosts }, { signal: aborter.signal, logs })).to.be.rejectedWith(/exit code 2: .*another host has it/)
    expect(readFileSync(path.join(logs, 'netsim.stderr.log'), 'utf8')).to.include('10.0.0.1')
  })

  it('ends when it is aborted, with all that runs in it', async () => {
    const netsim = await startNetsim(twoHosts({ rttMs: 1 }), { signal: aborter.signal, logs })
    const other = new AbortController()
    const echo = RunningProgram.start({ file: process.execPath, args: ['-e', ECHO] },
      { host: netsim.hosts.a, env: {}, name: 'echo', logs, signal: other.signal })
    await echo.untilOutput(/ready/, READY_TIMEOUT_MS)
    aborter.abort()
    await netsim.ended

    expect(await echo.ended).to.include({ signal: 'SIGKILL' })
    expect(namespacesLeft(Object.values(netsim.namespaces))).to.deep.equal([])
  })

  it('is gone when its parent is killed', async () => {
    const { parent, namespaces } = await startParent()

    expect(namespacesLeft(namespaces)).to.deep.equal(namespaces)

    parent.kill('SIGKILL')

    await untilGone(namespaces)
  })

  it('removes what a netsim that was killed has left', async () => {
    const killed = await startNetsim(twoHosts({ rttMs: 1 }), { signal: aborter.signal, logs })
    const namespaces = Object.values(killed.namespaces)
    const echo = start(killed, 'a', 'echo', ECHO)
    await echo.untilOutput(/ready/, READY_TIMEOUT_MS)
    const ended = expect(killed.ended).to.be.rejectedWith(/SIGKILL/)
    killed.kill()
    await ended

    expect(namespacesLeft(namespaces)).to.deep.equal(namespaces)

    const next = await startNetsim(twoHosts({ rttMs: 1 }), { signal: aborter.signal, logs })

    expect(namespacesLeft(namespaces)).to.deep.equal([])
    expect(await echo.ended).to.include({ signal: 'SIGKILL' })

    await next.stop()
  })

  async function startParent (): Promise<{ parent: ReturnType<typeof spawn>, namespaces: string[] }> {
    const parent = spawn(process.execPath, ['--input-type=module', '-e', PARENT], {
      env: { ...process.env, LOGS: logs }, stdio: ['ignore', 'pipe', 'inherit']
    })
    const [line] = await once(parent.stdout, 'data')

    return { parent, namespaces: JSON.parse(line.toString()) }
  }
})

function namespacesLeft (names: string[]): string[] {
  return names.filter((name) => existsSync(path.join('/run/netns', name)))
}

async function untilGone (names: string[]): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS

  while (namespacesLeft(names).length > 0) {
    expect(Date.now()).to.be.below(deadline)
    await delay(20)
  }
}
