import { readdirSync, readFileSync } from 'node:fs'
import { expect } from 'aegir/chai'

/*
 * The rule that binds src/router: no network, no clock, no chance, no promises. It is a test because the linter that the
 * project uses takes no rules of a folder's own.
 */

/** What a file of the router may import, from anywhere in the folder, and from where only types. */
const ROUTER = /^file:\/\/\/src\/router\/[a-z0-9-/]+\.ts$/
const TYPES_ONLY = new Set(['file:///src/params.ts', 'file:///src/wire/rpc.ts'])

const FORBIDDEN_WORDS = [
  'async', 'await', 'Promise', 'then',
  'Date', 'performance', 'hrtime', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'AbortSignal',
  'crypto', 'process', 'Buffer', 'fetch', 'require', 'globalThis', 'global', 'EventTarget',
  'console', 'logger', 'metrics'
]

/** `state.self` is a word of ours, `self.` is the global object. */
const FORBIDDEN = new RegExp(`(?<![.\\w$])(${FORBIDDEN_WORDS.join('|')})(?![\\w$])|(?<![.\\w$])self\\s*[.[]|\\.then\\b|\\bMath\\s*\\.\\s*random\\b|\\bMath\\s*\\[`, 'g')

const IMPORT = /^\s*import\b(\s+type\b)?(?:[^'"(]*?\bfrom)?\s*['"]([^'"]+)['"]/gm
const RE_EXPORT = /^\s*export(\s+type)?\s*(?:\{[^}]*\}|\*[^'"]*?)\s*from\s*['"]([^'"]+)['"]/gm

describe('router: purity', () => {
  const folder = new URL('../../src/router/', import.meta.url)
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.ts'))

  it('binds all files of the folder', () => {
    expect(files).to.include.members(['router.ts', 'events.ts', 'heartbeat.ts', 'random.ts'])
  })

  for (const file of files) {
    it(`${file} has no network, clock, chance or promises`, () => {
      expect(impurities(readFileSync(new URL(file, folder), 'utf8'), file)).to.deep.equal([])
    })
  }

  const impure = [
    'import { peerIdFromString } from \'@libp2p/peer-id\'',
    'import type { PeerId } from \'@libp2p/interface\'',
    'import { readFile } from \'node:fs\'',
    'import \'node:fs\'',
    'export { x } from \'uint8arrays\'',
    'const x = import(\'./mesh.ts\')',
    'import { RPC } from \'../wire/rpc.ts\'',
    'import { defaultParams } from \'../params.ts\'',
    'import { Outbox } from \'../net/outbox.ts\'',
    'async function f () {}',
    'await f()',
    'x = new Promise(f)',
    'f().then(g)',
    'Date.now()',
    'new Date()',
    'performance.now()',
    'setTimeout(f, 1)',
    'Math.random()',
    'Math[\'random\']()',
    'crypto.getRandomValues(x)',
    'process.hrtime()',
    'console.log(x)',
    'globalThis.x',
    'self.queueMicrotask(f)',
    'f(Date, 1)',
    'logger(x)',
    'metrics.x.inc()'
  ]

  for (const source of impure) {
    it(`would not let through: ${source}`, () => {
      expect(impurities(`const a = 1\n${source}\n`)).to.not.be.empty()
    })
  }

  it('lets through what only looks like it', () => {
    expect(impurities([
      'import type { RPC } from \'../wire/rpc.ts\'',
      'import { join } from \'./mesh.ts\'',
      '// await the Date',
      '/* setTimeout */',
      'const text = \'await\'',
      'const { self, now } = init',
      'if (author === state.self) {}',
      'const awaited = Math.floor(1)'
    ].join('\n'))).to.deep.equal([])
  })
})

/** What in the source breaks the rule. */
function impurities (source: string, file = 'mesh.ts'): string[] {
  const code = withoutComments(source)
  const imports = [...code.matchAll(IMPORT), ...code.matchAll(RE_EXPORT)]
    .filter(([, type, path]) => !mayImport(file, path, type != null))
    .map(([, , path]) => `imports ${path}`)
  const words = [...withoutText(code).matchAll(FORBIDDEN)].map(([word]) => word)
  const dynamicImports = [...code.matchAll(/\bimport\s*\(/g)].map(() => 'import()')

  return [...imports, ...words, ...dynamicImports]
}

function mayImport (file: string, path: string, isType: boolean): boolean {
  if (!path.startsWith('.')) {
    return false
  }

  const { href } = new URL(path, `file:///src/router/${file}`)

  return ROUTER.test(href) || (isType && TYPES_ONLY.has(href))
}

function withoutComments (source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')
}

/** Without what stands between quotation marks; what a template computes stays. */
function withoutText (code: string): string {
  return code.replace(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/g, '\'\'')
}
