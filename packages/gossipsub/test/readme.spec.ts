import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'aegir/chai'
import { resolveOptions } from '../src/options.ts'
import { defaultPeerScoreParams, defaultPeerScoreThresholds, defaultSlowPeerParams, defaultTopicScoreParams } from '../src/score.ts'
import { defaultDecodeRpcLimits } from '../src/wire/decode.ts'
import type { DroppedReason, PublishErrorCode } from '../src/index.ts'

const PACKAGE = new URL('../', import.meta.url)
const UNITS: Record<string, number> = { KiB: 1024, MiB: 1024 * 1024 }

/** What is said in words: these defaults have tests of their own here, or are functions. */
const IN_WORDS = new Set(['msgIdToStrFn', 'scoreParams', 'scoreThresholds', 'decodeRpcLimits', 'fallbackToFloodsub'])

/** A reason that is missing here does not compile. */
const REASONS: Record<DroppedReason, true> = {
  'unknown-peer': true,
  'graylisted-peer': true,
  'low-score-gossip': true,
  'unjoined-topic': true,
  'own-message': true,
  'too-many-subscriptions': true,
  'invalid-topic': true,
  'too-many-ihave': true,
  'too-many-iwant': true,
  'too-many-idontwant': true,
  'low-score-px': true,
  'graft-in-backoff': true,
  'graft-unknown-topic': true,
  'graft-floodsub': true,
  'graft-unwritable': true,
  'graft-direct': true,
  'graft-low-score': true,
  'graft-full-mesh': true,
  'validation-rejected': true,
  'validation-ignored': true,
  'validation-forged': true,
  'validation-timeout': true,
  'missing-topic': true,
  'invalid-from': true,
  'invalid-seqno': true,
  'missing-signature': true,
  'from-present': true,
  'seqno-present': true,
  'signature-present': true,
  'key-present': true,
  'outbox-gossip': true,
  'outbox-forward': true,
  'outbox-iwant': true,
  'outbox-publish': true,
  'outbox-stale': true,
  'outbox-iwant-ids': true,
  'bad-frame': true,
  'malformed-rpc': true,
  'rpc-over-limit': true,
  'topic-not-allowed': true,
  'no-message-id': true,
  'transform-failed': true,
  'message-too-large': true,
  'dial-overflow': true,
  'px-bad-record': true,
  'px-overflow': true,
  'blacklisted-peer': true,
  'blacklisted-author': true
}

const PUBLISH_ERRORS: Record<PublishErrorCode, true> = {
  NoPeersSubscribedToTopic: true,
  Duplicate: true,
  Uninitialized: true,
  MessageTooLarge: true
}

describe('README.md', () => {
  let readme: string
  let index: string
  let params: string

  before(async () => {
    [readme, index, params] = await Promise.all(['README.md', 'src/index.ts', 'src/params.ts'].map(async file => readFile(new URL(file, PACKAGE), 'utf8')))
  })

  it('has every option', () => {
    const names = [...membersOf(index, 'GossipsubOpts'), ...membersOf(params, 'GossipsubParams')]

    expect(names).to.have.length.above(80)
    expect(rows('Options').map(([name]) => plain(name))).to.have.members(names)
  })

  it('has the default of every option', () => {
    const { params, ...options } = resolveOptions({})
    const defaults: Record<string, unknown> = { ...params, ...options }
    const told = rows('Options').map(([name, , value]) => [plain(name), value]).filter(([name]) => !IN_WORDS.has(name))

    expect(told).to.have.length.above(70)
    for (const [name, value] of told) {
      expect(valueOf(value), name).to.deep.equal(normal(name === 'protocols' ? resolveOptions({ fallbackToFloodsub: false }).protocols : defaults[name]))
    }
  })

  it('has the defaults that it says in words', () => {
    const { protocols, msgIdToStrFn, decodeRpcLimits } = resolveOptions({})
    const words = Object.fromEntries(rows('Options').map(([name, , value]) => [plain(name), value]))
    const limits = section('Options').split('\n`decodeRpcLimits`:')[1].split('\n### ')[0]
    const toldLimits = [...limits.matchAll(/`(max\w+)`\s([\d,]+)/g)].map(([, name, value]) => [name, valueOf(value)])

    expect([words.msgIdToStrFn, msgIdToStrFn(Uint8Array.of(1))]).to.deep.equal(['base64', 'AQ'])
    expect([words.fallbackToFloodsub, protocols.includes('/floodsub/1.0.0')]).to.deep.equal(['`true`', true])
    expect(Object.fromEntries(toldLimits)).to.deep.equal(decodeRpcLimits)
    expect(decodeRpcLimits).to.deep.equal(defaultDecodeRpcLimits)
  })

  it('has every parameter of scores and every threshold, with its default', () => {
    const { appSpecificScore: toldScore, ...told } = Object.fromEntries(
      rows('Scoring').filter(([name]) => name.startsWith('`')).map(([name, value]) => [/`(\w+)`/.exec(name)?.[1], valueOf(value)])
    )
    const { appSpecificScore, ...params } = defaultPeerScoreParams
    const defaults = { ...defaultTopicScoreParams, ...params, ...defaultSlowPeerParams, ...defaultPeerScoreThresholds }

    expect(told).to.deep.equal(Object.fromEntries(Object.entries(defaults).map(([name, value]) => [name, normal(value)])))
    expect([toldScore, appSpecificScore('a peer')]).to.deep.equal(['() => 0', 0])
  })

  it('says what each part of a score counts', () => {
    expect(rows('Scoring').map(([name]) => name).filter(name => !name.startsWith('`'))).to.deep.equal(
      ['P1', 'P2', 'P3', 'P3b', 'P4', 'P5', 'P6', 'P7', 'slow peer']
    )
  })

  it('has every event', () => {
    expect(rows('Events').map(([name]) => plain(name))).to.have.members(membersOf(index, 'GossipSubEvents'))
  })

  it('has every method and property', () => {
    const told = rows('Methods and properties').flatMap(([names]) => [...names.matchAll(/`(\w+)/g)].map(([, name]) => name))

    expect(told).to.have.members(membersOf(index, 'GossipSub'))
  })

  it('has every code of a PublishError', () => {
    const told = rows('Errors').filter(([name]) => plain(name) === 'PublishError').map(([, code]) => plain(code))

    expect(told).to.have.members(Object.keys(PUBLISH_ERRORS))
  })

  it('has every reason that something is dropped for', () => {
    expect(rows('What is dropped').map(([reason]) => plain(reason))).to.have.members(Object.keys(REASONS))
  })

  it('names our version in the override', async () => {
    const { name, version } = JSON.parse(await readFile(new URL('package.json', PACKAGE), 'utf8'))
    const override = JSON.parse(codeOf('In the place of `@libp2p/gossipsub`', 'json'))

    expect(override).to.deep.equal({ overrides: { '@libp2p/gossipsub': `npm:${name}@^${version}` } })
  })

  it('has an example that runs', async () => {
    const source = new URL('src/index.ts', PACKAGE).href
    const example = codeOf('Use', 'js').replace('\'@quicmesh/gossipsub\'', `'${source}'`)
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--experimental-transform-types', '--no-warnings', '--input-type=module', '--eval', example],
      { cwd: fileURLToPath(PACKAGE), timeout: 30_000 }
    )

    expect(stdout).to.equal('news hello\n')
  }).timeout(60_000)

  /** The text below a heading, with that of the headings below it. */
  function section (title: string): string {
    const [, level, text] = new RegExp(`^(##+) ${title}\n(.*)`, 'ms').exec(readme) ?? []

    return text.split(new RegExp(`^#{2,${level.length}} `, 'm'))[0]
  }

  /** The first code below a heading. */
  function codeOf (title: string, language: string): string {
    return section(title).split(`\`\`\`${language}\n`)[1].split('```')[0]
  }

  /** The cells of all tables of a section, without their heads. */
  function rows (title: string): string[][] {
    return section(title).split('\n')
      .filter((line, i, lines) => line.startsWith('| ') && lines[i + 1]?.startsWith('|---') !== true)
      .map(line => line.split('|').slice(1, -1).map(cell => cell.trim()))
  }
})

/** The names in an interface: fields and methods, or those in quotes. */
function membersOf (source: string, name: string): string[] {
  const [, body] = new RegExp(`export interface ${name}(?: extends [^{]*)? \\{\n(.*?)\n\\}`, 's').exec(source) ?? []

  return [...body.matchAll(/^ {2}(?:readonly )?'?([\w:-]+?)'?\??(?:: |\()/gm)].map(([, member]) => member)
}

function plain (cell: string): string {
  return cell.replaceAll('`', '')
}

/** As a table says it: a number with its unit, code, several pieces of code, or `none`. */
function valueOf (cell: string): unknown {
  const [, digits, unit] = /^(-?[\d,.]+)(?: (\w+))?$/.exec(cell) ?? []
  const code = [...cell.matchAll(/`([^`]+)`/g)].map(([, text]) => text)

  if (digits != null) {
    return Number(digits.replaceAll(',', '')) * (unit == null ? 1 : UNITS[unit])
  }
  if (code.length > 1) {
    return code
  }
  if (code.length === 1) {
    return { true: true, false: false, '[]': [] }[code[0]] ?? code[0].replaceAll('\'', '')
  }

  return cell === 'none' ? undefined : `neither a value nor none: ${cell}`
}

/** As a table can say it: maps, sets and records without entries are `none`. */
function normal (value: unknown): unknown {
  const isEmpty = value instanceof Map || value instanceof Set
    ? value.size === 0
    : typeof value === 'object' && value != null && !Array.isArray(value) && Object.keys(value).length === 0

  return isEmpty ? undefined : value
}
