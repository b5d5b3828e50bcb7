import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'aegir/chai'
import { renderSvg } from '../src/plot/render.ts'
import { growthPlot } from '../src/simulation/curve.ts'
import { DOCUMENT, formatDocument, PICTURE, PICTURE_TITLE } from '../src/simulation/document.ts'
import { Network } from '../src/simulation/network.ts'
import { parseOptions, USAGE } from '../src/simulation/options.ts'
import { outcomeOf } from '../src/simulation/outcome.ts'
import { REGIONS } from '../src/simulation/regions.ts'
import { formatJson, formatText } from '../src/simulation/report.ts'
import { KEPT_FILE, readReport } from '../src/simulation/results-file.ts'
import { runScale } from '../src/simulation/run.ts'
import { runTrial } from '../src/simulation/trial.ts'
import type { NetworkSettings } from '../src/simulation/settings.ts'
import type { Trial } from '../src/simulation/trial.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

const SETTINGS: NetworkSettings = {
  nodes: 40,
  degree: 20,
  messageBytes: 1_024,
  protocol: '1.2',
  messages: 5,
  intervalMs: 500,
  validationMs: 5,
  windowBytes: 40_960,
  churnPercentPerMinute: 0,
  seed: 1
}

const ENVIRONMENT = {
  date: '', cpuModel: 'a CPU', cores: 2, system: '', node: '', commit: '', loadAverage: 9, isBusy: true, packages: {}
}

describe('simulation', () => {
  for (const messageBytes of [1_024, 131_072]) {
    for (const protocol of ['1.1', '1.2'] as const) {
      it(`brings every message of ${messageBytes} bytes to every node over ${protocol}`, () => {
        const settings = { ...SETTINGS, messageBytes, protocol }
        const { deliveredPercent, deliveries, hops, duplicates, copies, dropped } = outcomeOf([runTrial(settings)], settings)

        expect(deliveredPercent).to.equal(100)
        expect(deliveries).to.equal(5 * 39)
        expect(hops.max).to.be.within(2, 10)
        // every copy is a first one or a duplicate
        expect(copies - duplicates).to.be.closeTo(39 / 40, 1e-9)
        expect(dropped).to.equal(0)
      })
    }
  }

  it('sends each node no more copies than its mesh has peers, and what it asked for', () => {
    const settings = { ...SETTINGS, protocol: '1.1' as const }
    const { copies, replies } = outcomeOf([runTrial(settings)], settings)

    expect(copies - replies).to.be.within(1, 12)
  })

  it('sends fewer copies with IDONTWANT, and more control messages', () => {
    const [without, withIt] = (['1.1', '1.2'] as const).map(protocol => outcomeOf([runTrial({ ...SETTINGS, protocol })], SETTINGS))

    expect(without.idontwantBytes).to.equal(0)
    expect(withIt.idontwantBytes).to.be.above(0)
    expect(withIt.duplicates).to.be.below(without.duplicates)
    expect(withIt.controlBytes).to.be.above(without.controlBytes)
  })

  it('delivers nothing before light and validation allow it', () => {
    const network = new Network(SETTINGS)
    network.run(5_000)
    const publisher = network.nodes[7]
    const message = network.publish(publisher)
    network.run(5_000)
    const others = network.nodes.filter(node => node !== publisher)

    expect(others).to.have.lengthOf(39)

    for (const node of others) {
      const latencyMs = message.deliveredAtMs[node.index] - message.publishedAtMs
      const hops = message.hops[node.index]

      expect(hops).to.be.above(0)
      expect(latencyMs).to.be.at.least(shortestMs(publisher.region, node.region) + hops * SETTINGS.validationMs)
      expect(latencyMs).to.be.below(2_000)
    }
  })

  it('a neighbour is told after latency, serialisation and validation', () => {
    const settings = { ...SETTINGS, nodes: 2, degree: 1 }
    const network = new Network(settings)
    network.run(5_000)
    const [publisher, neighbour] = network.nodes
    const message = network.publish(publisher)
    network.run(5_000)
    const slowest = Math.min(publisher.bytesPerMs, neighbour.bytesPerMs)
    const expectedMs = publisher.latencyMsTo(neighbour) + message.frameBytes / slowest + settings.validationMs

    // an IDONTWANT may come in between
    expect(message.deliveredAtMs[neighbour.index] - message.publishedAtMs).to.be.closeTo(expectedMs, 0.02)
  })

  it('a message that is larger than the first window takes further round trips', () => {
    const latencyOf = (windowBytes: number): { latencyMs: number, roundTripMs: number } => {
      const network = new Network({ ...SETTINGS, nodes: 2, degree: 1, messageBytes: 131_072, windowBytes })
      network.run(5_000)
      const [publisher, neighbour] = network.nodes
      const message = network.publish(publisher)
      network.run(5_000)

      return { latencyMs: message.deliveredAtMs[1] - message.publishedAtMs, roundTripMs: publisher.latencyMsTo(neighbour) + neighbour.latencyMsTo(publisher) }
    }
    const { latencyMs: whole } = latencyOf(1e6)
    // 40,960 and 81,920 and what is left
    const { latencyMs: inThree, roundTripMs } = latencyOf(40_960)

    expect(inThree - whole).to.be.closeTo(2 * roundTripMs, 0.1)
  })

  it('does the same with the same seed, and not with another', () => {
    const [one, again, other] = [1, 1, 2].map(seed => withoutCost(runTrial({ ...SETTINGS, seed, churnPercentPerMinute: 60 })))

    expect(JSON.stringify(again)).to.equal(JSON.stringify(one))
    expect(JSON.stringify(other)).to.not.equal(JSON.stringify(one))
  })

  it('nodes that stay get every message while others crash and come back', () => {
    const settings = { ...SETTINGS, messages: 20, churnPercentPerMinute: 120 }
    const { expected, delivered } = runTrial(settings)

    expect(delivered).to.equal(expected)
    // some were not there all the time
    expect(expected).to.be.within(1, 20 * 39 - 1)
  })

  it('an idle network sends nothing once its meshes are at rest', () => {
    const { idleTraffic, meshSize } = runTrial(SETTINGS)

    expect(idleTraffic.messages).to.equal(0)
    expect(idleTraffic.gossipBytes).to.equal(0)
    expect(meshSize.min).to.be.at.least(6)
    expect(meshSize.max).to.be.at.most(12)
  })

  it('costs CPU and memory, each of which is told', () => {
    const { cost: { loadedCpuUs, idleCpuUs, wallMs } } = runTrial(SETTINGS)

    expect(loadedCpuUs).to.be.above(0)
    expect(idleCpuUs).to.be.above(0)
    expect(wallMs).to.be.above(0)
  })
})

describe('bench:scale', () => {
  it('measures every variant at every size, tells so, and fits a law', () => {
    const told: string[] = []
    const seen: number[] = []
    const settings = parseOptions(['--quick', '--nodes', '30,10,20', '--bytes', '1024', '--messages', '2', '--degree', '10'])
    const results = runScale({ ...settings, maxNetworks: 1 }, {
      onProgress: ({ text, done, total }) => { told.push(`${done} of ${total}: ${text}`) },
      onRow: ({ rows }) => { seen.push(rows.length) }
    })
    const report = { environment: ENVIRONMENT, settings, ...results }
    const text = formatText(report)

    expect(results.rows.map(({ nodes, variant }) => `${nodes} ${variant.protocol}`)).to.deep.equal(['10 1.1', '10 1.2', '20 1.1', '20 1.2', '30 1.1', '30 1.2'])
    expect(seen).to.deep.equal([1, 2, 3, 4, 5, 6])
    expect(told).to.include('5 of 6: 30 nodes, 1024 bytes, 10 connections, IDONTWANT, network 1 of 1')
    expect(results.growth.filter(({ quantity }) => quantity === 'hops, mean').map(({ nodes }) => nodes)).to.deep.equal([[10, 20, 30], [10, 20, 30]])
    expect(results.growth.filter(({ quantity, perDecade }) => quantity === 'hops, mean' && perDecade <= 0)).to.be.empty()
    expect(JSON.parse(formatJson(report))).to.have.nested.property('rows[5].outcome.deliveredPercent', 100)
    expect(text).to.include('### 1024 bytes, 10 connections, no IDONTWANT')
    expect(text).to.include('THE MACHINE WAS BUSY')
    expect(text).to.match(/- hops, mean = .* log10\(nodes\), R2 [01]\.\d{3}/)
  }).timeout(20_000)

  it('draws the marks and the line of each law', async () => {
    const settings = parseOptions(['--nodes', '5,6,7', '--bytes', '1024', '--messages', '1', '--protocol', '1.2'])
    const results = runScale({ ...settings, maxNetworks: 1 })
    const { vconcat } = growthPlot(results)
    const [line, marks] = Object(vconcat[0]).layer
    const law = results.growth.find(({ quantity }) => quantity === 'latency p50, ms')

    expect(vconcat).to.have.lengthOf(3)
    expect(marks.data.values).to.have.lengthOf(9)
    expect(marks.data.values[0]).to.deep.equal({ series: 'p50', nodes: 5, value: results.rows[0].outcome.latencyMs.p50 })
    expect(line.data.values[1]).to.deep.include({ series: 'p50', nodes: 7, value: (law?.base ?? NaN) + (law?.perDecade ?? NaN) * Math.log10(7) })
  })

  it('reads what it wrote, and nothing else', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'quicmesh-scale-'))
    const path = join(folder, 'scale.json')
    const settings = parseOptions(['--nodes', '5,6,7', '--bytes', '1024', '--messages', '1'])
    const report = { environment: ENVIRONMENT, settings, ...runScale({ ...settings, maxNetworks: 1 }) }

    try {
      await writeFile(path, formatJson(report))
      expect(formatText(await readReport(path))).to.equal(formatText(report))
      await writeFile(path, '{"rows": []}')
      await expect(readReport(path)).to.eventually.be.rejectedWith(/no result of bench:scale/)
      await writeFile(path, 'rows')
      await expect(readReport(path)).to.eventually.be.rejected.with.property('name', 'OptionsError')
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('the document of this checkout is what its results make', async function () {
    this.timeout(60_000)

    const report = await readReport(KEPT_FILE)
    const [document, picture] = await Promise.all([DOCUMENT, PICTURE].map(async path => readFile(join(ROOT, path), 'utf-8')))

    expect(document === formatDocument(report), DOCUMENT).to.equal(true)
    expect(picture === await renderSvg(growthPlot(report), PICTURE_TITLE), PICTURE).to.equal(true)
  })

  it('has defaults, and a quick run', () => {
    const { nodes, messageBytes, protocols, degrees, seed, churnPercentPerMinute } = parseOptions([])

    expect(nodes).to.deep.equal([10, 30, 100, 300, 1_000, 3_000, 10_000])
    expect(messageBytes).to.deep.equal([1_024, 131_072])
    expect(protocols).to.deep.equal(['1.1', '1.2'])
    expect([degrees, seed, churnPercentPerMinute]).to.deep.equal([[40], 1, 0])
    expect(parseOptions(['--quick']).nodes).to.deep.equal([10, 30, 100])
    expect(parseOptions(['--quick', '--nodes', '5']).nodes).to.deep.equal([5])
  })

  it('takes lists in any order, each number once', () => {
    const { nodes, protocols } = parseOptions(['--nodes', '300,10', '--nodes', '10', '--protocol', '1.2'])

    expect([nodes, protocols]).to.deep.equal([[10, 300], ['1.2']])
  })

  const wrong: Array<[args: string[], error: RegExp]> = [
    [['--nodes', '10,ten'], /--nodes: 'ten' is not an integer/],
    [['--nodes', '1'], /--nodes: a network has 2 nodes at least/],
    [['--nodes', '1000000'], /--nodes: '1000000' is not an integer from 1 to 100000/],
    [['--protocol', '1.3'], /--protocol: '1.3' is none of 1.1, 1.2/],
    [['--seed', '-1'], /--seed/],
    [['--messages', '0'], /--messages: '0' is not an integer/],
    [['--churn', '0.5'], /--churn/],
    [['--keep', '--save', 'x.json'], /--keep and --save/],
    [['--speed', '3'], /Unknown option '--speed'/],
    [['10'], /Unexpected argument '10'/]
  ]

  for (const [args, error] of wrong) {
    it(`refuses ${args.join(' ')}`, () => {
      expect(() => parseOptions(args)).to.throw(error).with.property('name', 'OptionsError')
    })
  }

  it('names every option in its help', () => {
    for (const option of ['nodes', 'degree', 'bytes', 'protocol', 'messages', 'interval', 'validation', 'window', 'churn', 'seed', 'quick', 'json', 'save', 'keep', 'plot', 'document', 'from', 'help']) {
      expect(USAGE).to.include(`--${option}`)
    }
  })
})

/** One way by any number of links, ms. */
function shortestMs (from: number, to: number): number {
  const latencies = REGIONS.map(({ latenciesMs }) => [...latenciesMs])

  for (const via of latencies.keys()) {
    for (const row of latencies) {
      for (const end of row.keys()) {
        row[end] = Math.min(row[end], row[via] + latencies[via][end])
      }
    }
  }

  return Math.min(latencies[from][to], REGIONS[from].latenciesMs[to])
}

function withoutCost ({ cost, ...rest }: Trial): Omit<Trial, 'cost'> {
  return rest
}
