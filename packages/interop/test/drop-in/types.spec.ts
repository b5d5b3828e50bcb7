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

  it('takes the types of our own from our own', () => {
    const files = new Map([[`${FIXTURES}ours.ts`, 'import type { WriteCounters } from \'@libp2p/gossipsub\'\nexport type Ours = WriteCounters\n']])

    expect(diagnose([...files.keys()], implementations['@quicmesh/gossipsub'], files)).to.deep.equal([])
    expect(diagnose([...files.keys()], implementations['@libp2p/gossipsub'], files)).to.have.lengthOf(1)
  })
})

/** What the compiler says, with the options of this package. `virtual` files need not exist. */
function diagnose (rootNames: string[], paths: Record<string, string[]>, virtual = new Map<string, string>()): string[] {
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

  const program = ts.createProgram(rootNames, options, host)

  return [...errors.filter(({ code }) => code !== NO_FILES), ...program.getOptionsDiagnostics(), ...program.getSyntacticDiagnostics(), ...program.getSemanticDiagnostics()]
    .map(diagnostic => ts.formatDiagnostic(diagnostic, { getCanonicalFileName: file => file, getCurrentDirectory: () => PACKAGE, getNewLine: () => '\n' }).trim())
}

/** The files are given below. */
const NO_FILES = 18_002
