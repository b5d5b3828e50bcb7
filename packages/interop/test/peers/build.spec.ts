import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'aegir/chai'
import { buildCached } from '../../src/peers/build.ts'
import type { CachedBuild } from '../../src/peers/build.ts'

describe('a cached build', () => {
  const cache = process.env.XDG_CACHE_HOME
  let folder: string
  let source: string
  let builds: number

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'interop-build-'))
    source = join(folder, 'source')
    process.env.XDG_CACHE_HOME = join(folder, 'cache')
    writeFileSync(source, 'one')
    builds = 0
  })

  afterEach(() => {
    rmSync(folder, { recursive: true })

    if (cache == null) {
      delete process.env.XDG_CACHE_HOME
    } else {
      process.env.XDG_CACHE_HOME = cache
    }
  })

  async function build (init: Partial<CachedBuild> = {}): Promise<string> {
    return buildCached({
      name: 'program',
      sources: [source],
      outputs: ['program'],
      build: async (to) => {
        builds++
        await writeFile(join(to, 'program'), await readFile(source))
      },
      ...init
    }, () => {})
  }

  it('is made once', async () => {
    const first = await build()

    expect(await build()).to.equal(first)
    expect(builds).to.equal(1)
  })

  it('is made again when a source has changed, or the compiler', async () => {
    const first = await build()
    writeFileSync(source, 'two')
    const second = await build()

    expect(second).to.not.equal(first)
    expect(await readFile(join(second, 'program'), 'utf8')).to.equal('two')
    expect(await build({ extra: 'compiler 2' })).to.not.equal(second)
    expect(builds).to.equal(3)
  })

  it('leaves nothing behind when it fails', async () => {
    await expect(build({ build: async () => { throw new Error('no such crate') } })).to.eventually.be.rejectedWith('no such crate')
    await expect(build({ build: async () => {} })).to.eventually.be.rejectedWith('left out program')
    await build()

    expect(builds).to.equal(1)
  })

  it('takes what another has made meanwhile', async () => {
    const [one, other] = await Promise.all([build(), build()])

    expect(one).to.equal(other)
    expect(builds).to.equal(2)
    expect(readdirSync(join(folder, 'cache/quicmesh/interop'))).to.have.lengthOf(1)
    expect(await readFile(join(one, 'program'), 'utf8')).to.equal('one')
  })
})
