import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect } from 'aegir/chai'
import { MAX_LINE_BYTES } from '../../src/payload.ts'
import { ExampleProcess, eventsIn, isRunning, nodesIn, runExample, summaryIn } from './example-process.ts'

const LICENSE = fileURLToPath(new URL('../../../../LICENSE-APACHE', import.meta.url))
const POLL_INTERVAL_MS = 50

describe('local-mesh', function () {
  this.timeout(120_000)

  it('delivers every line of a file to each of 8 nodes', async () => {
    const lines = readFileSync(LICENSE, 'utf8').split('\n').length - 1
    const { exitCode, stdout, stderr } = await runExample(['--file', LICENSE, '--json'])
    const summary = summaryIn(stdout)

    expect(stderr).to.equal('')
    expect(eventsIn(stdout).filter(({ event }) => event === 'warning')).to.be.empty()
    expect(lines).to.be.above(150)
    expect(summary).to.include({
      exitCode: 0,
      messages: lines,
      deliveriesExpected: lines * 7,
      deliveriesMade: lines * 7,
      repeated: 0,
      corrupt: 0,
      malformed: 0
    })
    expect(summary.nodes).to.have.lengthOf(8)
    summary.nodes.forEach(node => {
      expect(node.meshDegree).to.be.at.least(4)
      expect(node.p99Ms).to.be.above(0)
    })
    expect(exitCode).to.equal(0)
  })

  it('delivers what is piped in, equal and empty lines too', async () => {
    const { exitCode, stdout } = await runExample(['--nodes', '3', '--topic', 't', '--json'], 'same\nsame\n\n\nlast without newline')

    expect(summaryIn(stdout)).to.include({ exitCode: 0, messages: 5, deliveriesMade: 10 })
    expect(exitCode).to.equal(0)
  })

  it('lets one node publish, and not faster than it is told to', async () => {
    const { exitCode, stdout } = await runExample(['--nodes', '3', '--publisher', '1', '--rate', '50', '--json'], 'line\n'.repeat(50))
    const summary = summaryIn(stdout)

    expect(summary.nodes.map(({ received }) => received)).to.deep.equal([50, 0, 50])
    expect(summary.elapsedMs).to.be.at.least(49 * 20 - 10)
    expect(exitCode).to.equal(0)
  })

  it('delivers a line as long as a message may be, and fails for one that is longer', async () => {
    const { exitCode, stdout } = await runExample(['--nodes', '2', '--json'], `${'x'.repeat(MAX_LINE_BYTES)}\n${'y'.repeat(MAX_LINE_BYTES + 1)}\nz\n`)

    expect(summaryIn(stdout)).to.include({ exitCode: 1, messages: 2, deliveriesMade: 2, linesRefused: 1 })
    expect(eventsIn(stdout).find(({ event }) => event === 'warning')?.warning).to.include(`line 2 has ${MAX_LINE_BYTES + 1} bytes`)
    expect(exitCode).to.equal(1)
  })

  it('prints plain lines and a table where there is no terminal', async () => {
    const { exitCode, stdout } = await runExample(['--nodes', '2'], 'a\nb\n')

    expect(stdout).to.include('deliveries  2 of 2').and.include('peer id').and.not.include('\u001b')
    expect(stdout.trimEnd().split('\n').at(-1)).to.equal('every node got every message')
    expect(exitCode).to.equal(0)
  })

  it('says that there was nothing to publish', async () => {
    const { exitCode, stdout } = await runExample(['--nodes', '2'], '')

    expect(stdout).to.include('there was no line to publish')
    expect(exitCode).to.equal(0)
  })

  for (const args of [['--nodes', '1'], ['--bogus'], ['--rate', '0'], ['--file', '/does/not/exist'], ['--file', '/']]) {
    it(`refuses ${args.join(' ')} with exit code 2`, async () => {
      const { exitCode, stdout, stderr } = await runExample(args)

      expect(stderr).to.include(args[0]).and.include('Usage:')
      expect(stdout).to.equal('')
      expect(exitCode).to.equal(2)
    })
  }

  it('explains itself', async () => {
    const { exitCode, stdout } = await runExample(['--help'])

    expect(stdout).to.include('--nodes').and.include('--json')
    expect(exitCode).to.equal(0)
  })

  for (const [signal, expected] of [['SIGINT', 130], ['SIGTERM', 143]] as const) {
    it(`leaves no process behind on ${signal}`, async () => {
      const example = new ExampleProcess(['--nodes', '2', '--json'])
      example.child.stdin.write('a line, and the input stays open\n')
      await example.publishing()
      example.child.kill(signal)
      const { exitCode, stdout } = await example.finished()
      const pids = nodesIn(stdout).map(({ pid }) => pid ?? 0)

      expect(summaryIn(stdout)).to.have.property('exitCode', expected)
      expect(exitCode).to.equal(expected)
      expect(pids).to.have.lengthOf(2)
      expect(pids.filter(isRunning)).to.be.empty()
    })
  }

  it('leaves no process behind when it is killed', async () => {
    const example = new ExampleProcess(['--nodes', '2', '--json'])
    await example.publishing()
    const pids = nodesIn(example.stdout).map(({ pid }) => pid ?? 0)
    expect(pids.filter(isRunning)).to.have.lengthOf(2)
    example.child.kill('SIGKILL')

    while (pids.some(isRunning)) {
      await delay(POLL_INTERVAL_MS)
    }
  })

  it('fails when a node dies, and names it', async () => {
    const example = new ExampleProcess(['--nodes', '2', '--json'])
    await example.publishing()
    process.kill(nodesIn(example.stdout)[1].pid ?? 0, 'SIGKILL')
    const { exitCode, stdout } = await example.finished()

    expect(summaryIn(stdout).ending).to.include('node 1').and.include('SIGKILL')
    expect(exitCode).to.equal(1)
  })

  it('ends when nobody reads its output', async () => {
    const example = new ExampleProcess(['--nodes', '2', '--json'])
    await example.publishing()
    example.child.stdout.destroy()
    const { exitCode } = await example.finished()

    expect(exitCode).to.equal(141)
  })
})
