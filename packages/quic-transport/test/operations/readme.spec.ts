import { readFile } from 'node:fs/promises'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { defaultLogger } from '@libp2p/logger'
import { expect } from 'aegir/chai'
import { quic } from '../../src/index.ts'
import { checkOptions } from '../../src/options.ts'
import type { CounterGroup, MetricGroup } from '@libp2p/interface'

const UNITS: Record<string, number> = { KiB: 1024, MiB: 1024 * 1024 }

/** As the table says it. */
function defaultOf (cell: string): unknown {
  const [, digits, unit] = /^([\d,]+)(?: (\w+))?$/.exec(cell) ?? []

  if (digits != null) {
    return Number(digits.replaceAll(',', '')) * (unit == null ? 1 : UNITS[unit])
  }

  return { none: undefined, '`true`': true, '`false`': false, '`\'cubic\'`': 'cubic' }[cell]
}

describe('README.md', () => {
  let readme: string

  /** The cells of the rows of a section's first table. */
  function table (section: string): string[][] {
    const [, text] = readme.split(`\n## ${section}\n`)
    const rows = text.split('\n## ')[0].split('\n').filter(line => line.startsWith('| `'))

    return rows.map(row => row.split('|').slice(1, -1).map(cell => cell.trim()))
  }

  before(async () => {
    readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8')
  })

  it('has every option with its default', async () => {
    const source = await readFile(new URL('../../src/index.ts', import.meta.url), 'utf8')
    const [, declared] = /interface QuicOptions \{(.*?)\n\}/s.exec(source) ?? []
    const names = [...declared.matchAll(/^ {2}(\w+)\?(?::| \()/gm)].map(([, name]) => name)
    const config = Object.entries(checkOptions())
    const told = table('Options').map(([name, value]) => [name.replaceAll('`', ''), defaultOf(value)])

    expect(names).to.have.length.above(20)
    expect(told.map(([name]) => name)).to.have.members(names)
    expect(Object.fromEntries(told.filter(([, value]) => value !== undefined))).to.deep.equal(Object.fromEntries(config))
  })

  it('has every metric with its label', async () => {
    const registered: Array<[name: string, label?: string]> = []
    const ignore = (): void => {}
    const group: CounterGroup & MetricGroup = { update: ignore, increment: ignore, decrement: ignore, reset: ignore, timer: () => ignore }

    function register (name: string, options?: { label?: string }): CounterGroup & MetricGroup {
      registered.push([name, options?.label])

      return group
    }

    quic()({
      privateKey: await generateKeyPair('Ed25519'),
      logger: defaultLogger(),
      metrics: { registerCounterGroup: register, registerMetricGroup: register }
    })

    const told = table('Metrics').map(([name, label]) => [name.replaceAll('`', ''), /`(\w+)`/.exec(label)?.[1]])
    expect(registered).to.have.deep.members(told)
  })
})
