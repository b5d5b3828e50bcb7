import { expect } from 'aegir/chai'
import { bench } from './bench-command.ts'

describe('bench:gossipsub', () => {
  it('tells what it has measured, of the router and over real streams', async () => {
    const { code, stdout, stderr } = await bench('gossipsub', '--json', '--quick', '--scale', '1', '--rate', '100', '--only', 'quicmesh', '--figures', 'subscribe,unique,relay-tcp')
    const { failures, measurements } = JSON.parse(stdout)
    const [unique, subscribe, relay] = measurements

    expect(failures, stderr).to.deep.equal([])
    expect(code).to.equal(0)
    expect(unique).to.deep.include({ contestant: 'quicmesh', figure: 'unique', round: 1 })
    expect(unique.values['frames/forward']).to.be.within(0, 1)
    expect(subscribe.values.frames).to.be.at.least(100)
    expect(relay.values['CPU us/unique']).to.be.above(0)
  })

  it('exits with 2 and says why when an option is wrong', async () => {
    const { code, stdout, stderr } = await bench('gossipsub', '--only', 'floodsub')

    expect(code).to.equal(2)
    expect(stdout).to.equal('')
    expect(stderr).to.include('floodsub')
    expect(stderr).to.include('Usage:')
  })

  it('explains itself', async () => {
    const { code, stdout } = await bench('gossipsub', '--help')

    expect(code).to.equal(0)
    expect(stdout).to.include('--figures')
  })
})
