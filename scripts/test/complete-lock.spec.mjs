import { expect } from 'aegir/chai'
import { missingEntries, withEntries } from '../complete-lock.mjs'

describe('complete-lock', () => {
  it('derives a missing entry from its dependent and its name', () => {
    expect([...missingEntries({
      'node_modules/x': { dev: true, optionalDependencies: { '@x/darwin-arm64': '1.0.0', '@x/linux-x64-musl': '1.0.0' } },
      'node_modules/@x/linux-x64-musl': { version: '1.0.0' }
    })]).to.deep.equal([['node_modules/@x/darwin-arm64', { version: '1.0.0', cpu: ['arm64'], os: ['darwin'], dev: true, optional: true }]])
  })

  it('knows the C library from the name', () => {
    const missing = missingEntries({ 'node_modules/x': { optionalDependencies: { 'x-linux-arm64-gnu': '1.0.0', 'x-linux-arm-musleabihf': '1.0.0', 'x-wasm32-wasi': '1.0.0' } } })

    expect(missing.get('node_modules/x-linux-arm64-gnu')).to.deep.include({ os: ['linux'], cpu: ['arm64'], libc: ['glibc'] })
    expect(missing.get('node_modules/x-linux-arm-musleabihf')).to.deep.include({ os: ['linux'], cpu: ['arm'], libc: ['musl'] })
    expect(missing.get('node_modules/x-wasm32-wasi')).to.deep.include({ cpu: ['wasm32'] })
  })

  it('finds an entry in every folder where Node would', () => {
    expect(missingEntries({
      'node_modules/a/node_modules/x': { optionalDependencies: { 'p-linux-x64': '1.0.0', 'q-linux-x64': '1.0.0', 'r-linux-x64': '1.0.0' } },
      'node_modules/a/node_modules/x/node_modules/p-linux-x64': { version: '1.0.0' },
      'node_modules/a/node_modules/q-linux-x64': { version: '1.0.0' },
      'node_modules/r-linux-x64': { version: '1.0.0' }
    })).to.have.property('size', 0)
  })

  it('puts another version below its dependent', () => {
    const missing = missingEntries({
      'node_modules/x': { optionalDependencies: { 'x-linux-x64': '2.0.0' } },
      'node_modules/x-linux-x64': { version: '1.0.0' }
    })

    expect([...missing.keys()]).to.deep.equal(['node_modules/x/node_modules/x-linux-x64'])
  })

  it('accepts a range that something is there for, and refuses one that nothing is', () => {
    expect(missingEntries({ 'node_modules/x': { optionalDependencies: { fsevents: '^2.0.0' } }, 'node_modules/fsevents': { version: '2.3.0' } })).to.have.property('size', 0)
    expect(() => missingEntries({ 'node_modules/x': { optionalDependencies: { 'y-linux-x64': '^2.0.0' } } })).to.throw('no exact version')
  })

  it('refuses a name that does not say its platform', () => {
    expect(() => missingEntries({ 'node_modules/x': { optionalDependencies: { fsevents: '2.3.0' } } })).to.throw('does not say its platform')
  })

  it('adds entries in order and changes none', () => {
    const before = { '': {}, 'node_modules/a': { version: '1' }, 'node_modules/c': { version: '3' } }
    const after = withEntries(before, new Map([['node_modules/b', { version: '2' }]]))

    expect(Object.keys(after)).to.deep.equal(['', 'node_modules/a', 'node_modules/b', 'node_modules/c'])
    expect(after).to.include(before)
  })
})
