/**
 * Programs that were written against the published types of `@libp2p/gossipsub` compile with ours in its place: the fixtures, as they
 * are and with the module mapped to our own.
 */
import { fileURLToPath } from 'node:url'
import { expect } from 'aegir/chai'
import ts from 'typescript'

const PACKAGE = fileURLToPath(new URL('../..', import.meta.url))
const FIXTURES = fileURLToPath(new URL('fixtures/', import.meta.url))

const programs = ['service.ts', 'composition.ts', 'sub-paths.ts']

const implementations: Record<string, Record<string, string[]>> = {
  '@libp2p/gossipsub': {},
  '@quicmesh/gossipsub': {
    '@libp2p/gossipsub': ['../gossipsub/dist/src/index.d.ts'],
    '@libp2p/gossipsub/*': ['../gossipsub/dist/src/*.d.ts']
  }
}

/** Each is wrong with either implementation. */
const wrongPrograms: Record<string, string> = {
  'an option of the wrong type': 'import { gossipsub } from \'@libp2p/gossipsub\'\ngossipsub({ D: \'6\' })\n',
  'a member that is not there': 'import type { GossipSub } from \'@libp2p/gossipsub\'\nexport const f = (pubsub: GossipSub): unknown => pubsub.notThere\n',
  'a sub-path that is not there': 'import \'@libp2p/gossipsub/not-there\'\nimport type { X } from \'@libp2p/gossipsub/not-there\'\nexport type Y = X\n',
  'a verdict that is none': 'import { TopicValidatorResult } from \'@libp2p/gossipsub\'\nexport const verdict: TopicValidatorResult = TopicValidatorResult.Perhaps\n',
  'a message of the wrong shape': 'import { RPC } from \'@libp2p/gossipsub/message\'\nexport const bytes: string = RPC.encode({ messages: [{ topic: 1 }] })\n'
}

const SUB_PATHS = ['', '/message', '/metrics', '/score', '/types']

/** What theirs has and ours has not, and why no application misses it. */
const withoutCounterpart: Array<{ names: RegExp, reason: string }> = [
  { names: /^\.\/metrics Metrics\.(?:on|register)[A-Z]/, reason: 'how their router counts' },
  { names: /^\.\/score PeerScore\.(?:peerIPs|scoreCache|deliveryRecords|_backgroundInterval)$/, reason: 'tables of the score: `dumpPeerScoreStats` tells what is in them' },
  { names: /^\.\/score PeerScore\.mark/, reason: 'steps of `deliverMessage`, `rejectMessage` and `duplicateMessage`' }
]

describe('drop-in: types', function () {
  this.timeout(120_000)

  for (const [name, paths] of Object.entries(implementations)) {
    it(`compiles the programs with ${name}`, () => {
      expect(diagnose(programs.map(file => FIXTURES + file), paths)).to.deep.equal([])
    })

    it(`does not compile wrong programs with ${name}`, () => {
      const files = new Map(Object.values(wrongPrograms).map((text, i) => [`${FIXTURES}wrong-${i}.ts`, text]))
      const found = diagnose([...files.keys()], paths, files).join('\n')

      Object.keys(wrongPrograms).forEach((what, i) => {
        expect(found).to.include(`wrong-${i}.ts`, what)
      })
    })
  }

  it('exports every name, and every property of every type', () => {
    const [theirs, ours] = Object.values(implementations).map(exportedNames)
    const missing = [...theirs].filter(name => !ours.has(name))

    expect(theirs.size).to.be.greaterThan(300)
    expect(missing.filter(name => !withoutCounterpart.some(({ names }) => names.test(name)))).to.deep.equal([])

    for (const { names, reason } of withoutCounterpart) {
      expect(missing.some(name => names.test(name)), reason).to.equal(true)
    }
  })

  it('takes the types of our own from our own', () => {
    const files = new Map([[`${FIXTURES}ours.ts`, 'import type { WriteCounters } from \'@libp2p/gossipsub\'\nexport type Ours = WriteCounters\n']])

    expect(diagnose([...files.keys()], implementations['@quicmesh/gossipsub'], files)).to.deep.equal([])
    expect(diagnose([...files.keys()], implementations['@libp2p/gossipsub'], files)).to.have.lengthOf(1)
  })
})

/** What the compiler says. `virtual` files need not exist. */
function diagnose (rootNames: string[], paths: Record<string, string[]>, virtual = new Map<string, string>()): string[] {
  const { program, errors } = compile(rootNames, paths, virtual)

  return [...errors.filter(({ code }) => code !== NO_FILES), ...program.getOptionsDiagnostics(), ...program.getSyntacticDiagnostics(), ...program.getSemanticDiagnostics()]
    .map(diagnostic => ts.formatDiagnostic(diagnostic, { getCanonicalFileName: file => file, getCurrentDirectory: () => PACKAGE, getNewLine: () => '\n' }).trim())
}

/** `name` and `name.property`, each after its sub-path. */
function exportedNames (paths: Record<string, string[]>): Set<string> {
  const file = `${FIXTURES}exports.ts`
  const { program } = compile([file], paths, new Map([[file, SUB_PATHS.map((path, i) => `import * as m${i} from '@libp2p/gossipsub${path}'\nvoid m${i}\n`).join('')]]))
  const checker = program.getTypeChecker()
  const names = new Set<string>()

  for (const statement of program.getSourceFile(file)?.statements.filter(ts.isImportDeclaration) ?? []) {
    const module = checker.getSymbolAtLocation(statement.moduleSpecifier)
    const path = (statement.moduleSpecifier as ts.StringLiteral).text.replace('@libp2p/gossipsub', '.')

    for (const symbol of module == null ? [] : checker.getExportsOfModule(module)) {
      const name = `${path} ${symbol.name}`
      const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
      names.add(name)

      if (target.flags & (ts.SymbolFlags.Interface | ts.SymbolFlags.Class | ts.SymbolFlags.TypeAlias)) {
        publicProperties(checker.getDeclaredTypeOfSymbol(target)).forEach(property => names.add(`${name}.${property}`))
      }
    }
  }

  return names
}

/** Of an object type; those of primitives say nothing. */
function publicProperties (type: ts.Type): string[] {
  if ((type.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection)) === 0) {
    return []
  }

  return type.getProperties()
    .filter(property => !(property.declarations ?? []).some(declaration => ts.getCombinedModifierFlags(declaration) & ts.ModifierFlags.Private))
    .map(({ name }) => name)
    // keys that are symbols
    .filter(name => !name.startsWith('__@'))
}

/** With the options of this package. */
function compile (rootNames: string[], paths: Record<string, string[]>, virtual: Map<string, string>): { program: ts.Program, errors: ts.Diagnostic[] } {
  const { options, errors } = ts.parseJsonConfigFileContent({
    extends: './tsconfig.json',
    compilerOptions: { noEmit: true, incremental: false, composite: false, paths },
    files: []
  }, ts.sys, PACKAGE)
  const host = ts.createCompilerHost(options)
  const { fileExists, readFile, getSourceFile } = host

  host.fileExists = file => virtual.has(file) || fileExists.call(host, file)
  host.readFile = file => virtual.get(file) ?? readFile.call(host, file)
  host.getSourceFile = (file, language, ...rest) => {
    const text = virtual.get(file)

    return text == null ? getSourceFile.call(host, file, language, ...rest) : ts.createSourceFile(file, text, language)
  }

  return { program: ts.createProgram(rootNames, options, host), errors }
}

/** The files are given below. */
const NO_FILES = 18_002
