import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect } from 'aegir/chai'

/** @type {{ PLATFORMS: Array<{ name: string, rustTarget: string }> }} */
const { PLATFORMS } = await import(new URL('../../packages/quic-transport/scripts/platforms.mjs', import.meta.url).href)
const WORKFLOW = readFileSync(fileURLToPath(new URL('../../.github/workflows/native.yml', import.meta.url)), 'utf8')
const MANIFEST = readFileSync(fileURLToPath(new URL('../../packages/quic-transport/native/Cargo.toml', import.meta.url)), 'utf8')
/** One line of the matrix each. */
const JOB = /^ +- \{ platform: ([\w-]+), os: [\w.-]+, target: ([\w-]+)/gm

describe('the workflow of the native addons', () => {
  it('builds every platform that the loader knows, and no other', () => {
    const jobs = [...WORKFLOW.matchAll(JOB)].map(([, name, rustTarget]) => ({ name, rustTarget }))

    expect(jobs).to.have.deep.members(PLATFORMS.map(({ name, rustTarget }) => ({ name, rustTarget })))
  })

  it('publishes only when the packages of all platforms are there', () => {
    expect(WORKFLOW).to.include(`test "$(ls npm | wc -l)" -eq ${PLATFORMS.length}\n`)
  })

  it('installs a Rust that the crates can be built with', () => {
    const [, needed] = /^rust-version = "1\.(\d+)"/m.exec(MANIFEST) ?? []
    const installed = [...WORKFLOW.matchAll(/rustup (?:toolchain install|default) 1\.(\d+)\.\d+/g)].map(([, minor]) => Number(minor))

    expect(installed).to.not.be.empty()
    expect(Math.min(...installed)).to.be.at.least(Number(needed))
  })
})
