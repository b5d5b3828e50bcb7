import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { expect } from 'aegir/chai'
import { countOutcomes, isCrossTested } from '../../src/runner/outcome.ts'
import { runCells } from '../../src/runner/run-cells.ts'
import { fakeCell, fakeOutcome, fakePeers } from './fake.ts'
import type { Cell, CellContext } from '../../src/runner/cell.ts'
import type { Outcome } from '../../src/runner/outcome.ts'
import type { RunSettings } from '../../src/runner/run-cells.ts'

describe('a run of cells', () => {
  let logs: string

  beforeEach(() => {
    logs = mkdtempSync(join(tmpdir(), 'interop-run-'))
  })

  afterEach(() => {
    rmSync(logs, { recursive: true })
  })

  async function run (cells: Cell[], settings: Partial<RunSettings> = {}): Promise<Outcome[]> {
    return runCells(cells, { profile: 'ci', parallel: 3, seed: 1, logs, peers: await fakePeers(), signal: new AbortController().signal, onOutcome () {}, ...settings })
  }

  it('passes what does not throw, and gives figures on', async () => {
    const [outcome] = await run([fakeCell({ run: async () => ({ figures: { ms: 3 } }) })])

    expect(outcome).to.deep.include({ status: 'passed', result: { figures: { ms: 3 } } })
  })

  it('fails what throws, and leaves the command that repeats it beside the logs', async () => {
    const [outcome] = await run([fakeCell({ run: async () => { throw new Error('no reset seen') } })])

    expect(outcome).to.include({ status: 'failed', reason: 'no reset seen' })
    expect(outcome.repeat).to.include("--seed 1 --only 'transport go x quicmesh (ping)'")
    expect(readFileSync(join(outcome.logs ?? '', 'repeat.txt'), 'utf8')).to.include(outcome.repeat).and.include('no reset seen')
  })

  it('skips what a peer cannot do, and what has no toolchain; fails what does not build', async () => {
    const outcomes = await run([
      fakeCell({ run: async () => ({ unsupported: 'no API for it' }) }),
      fakeCell({ needs: [{ peer: 'missing', program: 'transport' }] }),
      fakeCell({ needs: [{ peer: 'broken', program: 'transport' }] }),
      fakeCell({ needs: [{ peer: 'go', program: 'perf' }] })
    ])

    expect(outcomes.map(({ status, reason }) => [status, reason])).to.deep.equal([
      ['skipped', 'no API for it'],
      ['skipped', 'there is no compiler'],
      ['failed', 'broken does not build: line 1: syntax error'],
      ['failed', 'go has no program perf']
    ])
    expect(countOutcomes(outcomes)).to.deep.equal({ passed: 0, failed: 2, skipped: 2 })
    expect(outcomes.filter(({ logs }) => logs != null)).to.have.lengthOf(1)
  })

  it('excuses what fails by the known fault of a peer, and only that', async () => {
    const cell = (message: string): Cell => fakeCell({
      dialer: 'chainsafe',
      row: 'quic-v1, stop-writing',
      run: async () => { throw new Error(message) }
    })
    const outcomes = await run([cell('sending stopped by peer: error 0'), cell('It has crashed')])

    expect(outcomes.map(({ status }) => status)).to.deep.equal(['known', 'failed'])
    expect(outcomes[0].reason).to.match(/^@chainsafe\/libp2p-quic .* \(sending stopped by peer: error 0\)$/)
    expect(outcomes[1].reason).to.equal('It has crashed')
    expect(countOutcomes(outcomes)).to.deep.equal({ passed: 0, failed: 1, skipped: 1 })
  })

  it('ends what a cell has started when the cell is over, however it ended', async () => {
    const signals: AbortSignal[] = []
    const passed = fakeCell({ run: async ({ signal }) => { signals.push(signal); return {} } })
    const failed = fakeCell({ row: 'reset', run: async ({ signal }) => { signals.push(signal); throw new Error('no') } })
    const ending = new AbortController()
    await run([passed, failed], { signal: ending.signal })

    expect(signals.map(({ aborted, reason }) => [aborted, reason?.message])).to.deep.equal([[true, 'The cell is over'], [true, 'The cell is over']])
    expect(ending.signal.aborted).to.equal(false)
  })

  it('tells a cell when its time is over', async () => {
    const [outcome] = await run([fakeCell({ timeoutMs: 20, run: async ({ signal }) => setTimeout(10_000, {}, { signal }) })])

    expect(outcome).to.have.property('status', 'failed')
    expect(outcome.reason).to.match(/^It took longer than 0\.02 s/)
  })

  it('runs as many at once as it may, each with a slot of its own, and what must be alone alone', async () => {
    const running = new Set<number>()
    const seen: number[] = []
    const cell = (isAlone: boolean): Cell => fakeCell({
      isAlone,
      run: async ({ slot }) => {
        expect(running.has(slot)).to.equal(false)
        running.add(slot)
        await setTimeout(5)
        seen.push(isAlone ? -running.size : running.size)
        running.delete(slot)

        return {}
      }
    })
    const outcomes = await run([cell(false), cell(true), cell(false), cell(true), cell(false), cell(false)])

    expect(outcomes.map(({ status, reason }) => [status, reason])).to.deep.equal(outcomes.map(() => ['passed', undefined]))
    expect(Math.max(...seen)).to.equal(3)
    expect(seen.filter((size) => size < 0)).to.deep.equal([-1, -1])
  })

  it('gives a cell the same seed whichever others run', async () => {
    const seeds: number[] = []
    const cell = fakeCell({ run: async ({ seed }: CellContext) => { seeds.push(seed); return {} } })
    await run([cell])
    await run([fakeCell({ row: 'reset' }), cell])
    await run([cell], { seed: 2 })

    expect(seeds[1]).to.equal(seeds[0])
    expect(seeds[2]).to.not.equal(seeds[0])
  })

  it('begins no more when it is ended, and reports what there is', async () => {
    const ending = new AbortController()
    const stop = fakeCell({ run: async () => { ending.abort(); return {} } })
    const stopped = fakeCell({ row: 'reset', run: async ({ signal }) => setTimeout(10_000, {}, { signal }) })
    const outcomes = await run([stopped, stop, fakeCell()], { parallel: 2, signal: ending.signal })

    expect(outcomes.map(({ cell }) => cell)).to.deep.equal([stop])
    expect(existsSync(join(logs, 'transport-go-x-quicmesh-ping'))).to.equal(true)
  })

  it('counts as crossed only what ours and another were tested in', async () => {
    const alone = fakeCell({ needs: [{ peer: 'go', program: 'transport' }, { peer: 'go', program: 'transport' }] })
    const control = fakeCell({ needs: [{ peer: 'go', program: 'transport' }, { peer: 'rust', program: 'transport' }] })
    const skipped = fakeCell({ run: async () => ({ unsupported: 'no' }) })

    expect((await run([alone, skipped, fakeCell()])).map(isCrossTested)).to.deep.equal([false, false, true])
    expect([fakeOutcome('passed', control), fakeOutcome('passed')].map(isCrossTested)).to.deep.equal([false, true])
  })
})
