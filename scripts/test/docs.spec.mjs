import { existsSync, readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'aegir/chai'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** What is built, fetched or kept by tools. */
const FOREIGN = new Set(['.cache', '.docs', '.git', 'dist', 'node_modules', 'target'])
/** A name with an ending of ours; `*` stands for a part of a name. Not a part of a longer path or address. */
const FILE = /(?<![\w*./:-])[\w*.][\w*./-]*\.(?:json|md|mjs|proto|rs|toml|ts|yml)(?![\w/])/g
/** Its target, without the heading in it; not an address. */
const LINK = /\]\((?!\w+:)([^)#\s]+)[^)]*\)/g
const DOCS = ['README.md', 'CONTRIBUTING.md', ...filesIn('docs').filter(file => file.endsWith('.md'))]

/**
 * @param {string} folder - from the root
 * @returns {string[]} every file in it that is the project's, from the root
 */
function filesIn (folder) {
  return readdirSync(path.join(ROOT, folder), { withFileTypes: true }).flatMap(entry => {
    const name = path.posix.join(folder, entry.name)

    return FOREIGN.has(entry.name) ? [] : entry.isDirectory() ? filesIn(name) : [name]
  })
}

/**
 * What a document calls a file may begin at any folder: "relative to the package", say.
 *
 * @param {string} name
 */
function endsWithName (name) {
  const pattern = name.replace(/^(?:\.{1,2}\/)+/, '').split('*').map(part => part.replaceAll('.', '\\.')).join('[^/]*')

  return new RegExp(`(?:^|/)${pattern}$`)
}

describe('documents', () => {
  const files = filesIn('.')

  for (const file of DOCS) {
    const text = readFileSync(path.join(ROOT, file), 'utf8')

    it(`${file} names files that are there`, () => {
      // headings name documents of others
      const missing = [...text.replace(/^#.*$/gm, '').matchAll(FILE)].map(([name]) => name).filter(name => {
        const pattern = endsWithName(name)

        return !files.some(file => pattern.test(file))
      })

      expect(missing).to.deep.equal([])
    })

    it(`${file} links to what is there`, () => {
      const missing = [...text.matchAll(LINK)].map(([, target]) => target)
        .filter(target => !existsSync(path.join(ROOT, path.dirname(file), target)))

      expect(missing).to.deep.equal([])
    })
  }

  it('would fail for a file that has moved', () => {
    expect(['`src/gone.rs`', 'see test/x.spec.ts.'].map(text => text.match(FILE))).to.deep.equal([['src/gone.rs'], ['test/x.spec.ts']])
    expect(files.filter(file => endsWithName('scripts/test/docs.spec.mjs').test(file))).to.deep.equal(['scripts/test/docs.spec.mjs'])
    expect(files.some(file => endsWithName('test/ocs.spec.mjs').test(file))).to.be.false()
  })
})
