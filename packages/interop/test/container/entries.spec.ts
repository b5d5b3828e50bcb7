import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'aegir/chai'
import { DOCKERFILE, entryPoint } from '../../src/container/image.ts'

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))
const CONTAINER = path.dirname(DOCKERFILE)
const DOCKERFILE_IN_REPOSITORY = path.relative(ROOT, DOCKERFILE)
const ID = 'js-quicmesh-v0.1'

describe('what the suites are given', () => {
  const read = (file: string): string => readFileSync(path.join(CONTAINER, file), 'utf8')

  describe('Dockerfile', () => {
    const lastStage = read('Dockerfile').split(/^FROM /m).at(-1) ?? ''

    it('starts the program without a shell, so that SIGTERM reaches it', () => {
      const { file, args } = entryPoint(read('Dockerfile'))

      expect(file).to.equal('node')
      expect(args).to.have.lengthOf(1)
      expect(existsSync(path.join(ROOT, 'packages/interop/peers/js', args[0]))).to.be.true()
    })

    it('runs on glibc and a Node.js that strips types', () => {
      const [, version] = /^node:(\d+)-bookworm-slim\n/.exec(lastStage) ?? []

      expect(Number(version)).to.be.at.least(24)
    })

    it('calls files that there are', () => {
      const called = [...read('Dockerfile').matchAll(/^RUN node (\S+)/gm)].map(([, file]) => file)

      expect(called).to.not.be.empty()
      expect(called.filter((file) => !existsSync(path.join(ROOT, file)))).to.deep.equal([])
    })

    for (const [what, text] of [['none', 'FROM x\n'], ['a shell', 'ENTRYPOINT node transport.ts\n'], ['a command beside it', 'ENTRYPOINT ["node"]\nCMD ["x"]\n']]) {
      it(`is refused with ${what} as entry point`, () => {
        expect(() => entryPoint(text)).to.throw('must have an ENTRYPOINT that is a list')
      })
    }
  })

  it('is an entry of test-plans: quic-v1, which brings its own security and muxer', () => {
    expect(JSON.parse(read('test-plans/versionsInput.json'))).to.deep.equal([{ id: ID, transports: ['quic-v1'], secureChannels: [], muxers: [] }])
  })

  it('is a Makefile of test-plans that writes image.json of an image of that name', () => {
    const makefile = read('test-plans/Makefile')

    expect(makefile).to.match(new RegExp(`^image_name := ${ID}$`, 'm'))
    expect(makefile).to.match(/^all: image\.json$/m)
    expect(makefile).to.include(`-f ${DOCKERFILE_IN_REPOSITORY} .`)
    expect(makefile).to.include('\'{"imageID": "{{.Id}}"}\' > $@')
  })

  it('is a Makefile of the version that the transport has', () => {
    const { version } = JSON.parse(readFileSync(path.join(ROOT, 'packages/quic-transport/package.json'), 'utf8'))

    expect(read('test-plans/Makefile')).to.match(new RegExp(`^version := ${version}$`, 'm'))
  })

  it('is an entry of unified-testing', () => {
    const entry = read('unified-testing/images.yaml')

    for (const line of [`  - id: ${ID}`, `      dockerfile: ${DOCKERFILE_IN_REPOSITORY}`, '    transports: [quic-v1]', '    secureChannels: []', '    muxers: []']) {
      expect(entry.split('\n')).to.include(line)
    }
  })
})
