import { expect } from 'aegir/chai'
import { BASELINE_FILE, BaselineError, formatBaseline, parseBaseline, readBaseline } from '../../src/guard/baseline.ts'
import { complaintsOf } from '../../src/guard/complaints.ts'
import { GUARDED, GUARDED_NAMES } from '../../src/guard/guarded.ts'
import { assertTraceable, ChangesError, lowestOf, MeasureError } from '../../src/guard/update.ts'
import { crateVersions, differences, versionsOf } from '../../src/guard/yardsticks.ts'
import { committed } from './committed.ts'
import type { Baseline, CommittedRatio } from '../../src/guard/baseline.ts'

const LOCK = '[[package]]\nname = "quinn-proto"\nversion = "0.11.19"\n\n[[package]]\nname = "quinn"\nversion = "0.11.12"\n'

describe('the committed values of this checkout', () => {
  it('are of all ratios, and of the yardsticks that are installed: if not, npm run bench:guard -- --update', async () => {
    const baseline = await readBaseline(BASELINE_FILE)

    expect([...baseline.keys()]).to.deep.equal(GUARDED_NAMES)
    expect(complaintsOf(GUARDED, baseline, { installed: await versionsOf(GUARDED.map(({ yardstick }) => yardstick)), platform: 'linux x64' })).to.deep.equal([])
  })

  it('are the lowest of three medians of five rounds or more', async () => {
    for (const [name, { ratio, medians, rounds }] of await readBaseline(BASELINE_FILE)) {
      expect(medians, name).to.have.lengthOf(3)
      expect(ratio, name).to.equal(Math.min(...medians))
      expect(rounds, name).to.be.at.least(5)
    }
  })
})

describe('committed values', () => {
  const baseline = new Map([['upload', committed()]])

  it('are read as they were written', () => {
    expect(parseBaseline(formatBaseline(baseline))).to.deep.equal(baseline)
  })

  it('are refused when they are none', async () => {
    const text = formatBaseline(baseline)

    expect(() => parseBaseline('{')).to.throw()
    expect(() => parseBaseline('[]')).to.throw('the file is no object')
    expect(() => parseBaseline('{}')).to.throw('not \'quicmesh-guard\'')
    expect(() => parseBaseline(text.replace('"version": 1', '"version": 2'))).to.throw('version 2')
    expect(() => parseBaseline(text.replace('"ratio": 0.9', '"ratio": "0.9"'))).to.throw('ratios.upload.ratio is no number above 0')
    expect(() => parseBaseline(text.replace('"ratio": 0.9', '"ratio": 0'))).to.throw('ratios.upload.ratio')
    expect(() => parseBaseline(text.replace('"commit": "abc1234"', '"commit": 5'))).to.throw('ratios.upload.commit is no string')
    expect(() => parseBaseline(text.replace('1000', '"much"'))).to.throw('ratios.upload.work')
    expect(() => parseBaseline(text.replace('"0.11.12"', '11'))).to.throw('ratios.upload.versions')
    await expect(readBaseline('/nowhere/guard.json')).to.eventually.be.rejectedWith(BaselineError, '/nowhere/guard.json')
  })

  describe('can\'t be compared with', () => {
    const [upload] = GUARDED.filter(({ yardstick }) => yardstick === 'raw-quinn')
    const here = { installed: new Map([['raw-quinn', { quinn: '0.11.12' }]]), platform: 'linux x64' }
    const own = (changes: Partial<CommittedRatio> = {}): Baseline => new Map([[upload.name, committed({ work: upload.work, ...changes })]])

    it('nothing but that', () => {
      expect(complaintsOf([upload], own(), here)).to.deep.equal([])
    })

    it('what was never committed', () => {
      expect(complaintsOf([upload], new Map(), here)).to.deep.equal([
        `no value is committed of ${upload.name}: npm run bench:guard -- --update --only ${upload.name}`
      ])
    })

    it('another version of the yardstick', () => {
      const other = { ...here, installed: new Map([['raw-quinn', { quinn: '0.11.13' }]]) }

      expect(complaintsOf([upload], own(), other)).to.deep.equal([
        `the yardstick of ${upload.name} is not the one of its committed value: quinn 0.11.13 instead of 0.11.12`,
        `go back to what was committed (npm ci), or renew the values: npm run bench:guard -- --update --only ${upload.name}`
      ])
    })

    it('another yardstick', () => {
      const [complaint] = complaintsOf([upload], own({ yardstick: 'sundial' }), here)

      expect(complaint).to.include('raw-quinn instead of sundial')
    })

    it('a round of another length', () => {
      const [complaint, advice] = complaintsOf([upload], own({ work: { ...upload.work, bytes: 5 } }), here)

      expect(complaint).to.equal(`a round of ${upload.name} does not do what it did for its committed value: bytes ${upload.work.bytes} instead of 5`)
      expect(advice).to.include(`--update --only ${upload.name}`)
    })

    it('what was measured on another system', () => {
      expect(complaintsOf([upload], own(), { ...here, platform: 'darwin arm64' })).to.deep.equal([
        `the value of ${upload.name} was committed on linux x64, this is darwin arm64`,
        `measure values of this system to a file of their own, and compare with that: npm run bench:guard -- --update --only ${upload.name} --baseline FILE`
      ])
    })
  })

  it('are the lowest median of the tries', () => {
    const tries = [[3, 1, 2], [5, 1.23456, 0], [9, 9, 9]].map((ratios) => ({ name: 'upload', ratios }))

    expect(lowestOf('upload', tries)).to.deep.equal({ ratio: 1.23, medians: [2, 1.23, 9], rounds: 3 })
  })

  it('of the repository are refused of changes that are not committed', () => {
    expect(() => { assertTraceable(BASELINE_FILE, 'abc1234+changes') }).to.throw(ChangesError, 'changes that are not committed (abc1234+changes)')
    expect(() => { assertTraceable(BASELINE_FILE, 'abc1234') }).to.not.throw()
    expect(() => { assertTraceable('/tmp/guard.json', 'abc1234+changes') }).to.not.throw()
  })

  it('are none when a try failed', () => {
    expect(() => lowestOf('upload', [{ name: 'upload', ratios: [1] }, { name: 'upload', ratios: [], failure: 'it died' }])).to.throw(MeasureError, 'upload could not be told: it died')
    expect(() => lowestOf('upload', [])).to.throw(MeasureError)
  })
})

describe('the versions of yardsticks', () => {
  it('are exact ones of all that makes them', async () => {
    const versions = await versionsOf(['raw-quinn', 'tcp-noise-yamux', 'libp2p-17'])

    expect(versions.get('raw-quinn')).to.include.keys('quinn', 'quinn-proto', 'rustls')
    expect(versions.get('tcp-noise-yamux')).to.include.keys('@libp2p/tcp', '@chainsafe/libp2p-noise', '@chainsafe/libp2p-yamux')
    expect(versions.get('libp2p-17')).to.have.property('@libp2p/gossipsub').that.matches(/^17\./)

    for (const version of [...versions.values()].flatMap((parts) => Object.values(parts))) {
      expect(version).to.match(/^\d+\.\d+\.\d+/)
    }
  })

  it('of crates are those of the lock file', () => {
    expect(crateVersions(['quinn', 'quinn-proto', 'quin'], LOCK)).to.deep.equal({ quinn: '0.11.12', 'quinn-proto': '0.11.19', quin: 'not locked' })
  })

  it('differ when a part has another version, has come or has gone', () => {
    expect(differences({ a: '1', b: '1' }, { b: '1', a: '1' })).to.deep.equal([])
    expect(differences({ a: '1', b: '1' }, { a: '2', c: '1' })).to.deep.equal(['a 2 instead of 1', 'b of nothing instead of 1', 'c 1 instead of none'])
  })
})
