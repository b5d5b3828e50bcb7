import { generateKeyPair } from '@libp2p/crypto/keys'
import { expect } from 'aegir/chai'
import { MessagePolicy } from '../../src/message-policy.ts'
import { StrictSign } from '../../src/signature-policy.ts'
import { scanRpc } from '../../src/wire/decode.ts'
import { frameMessage } from '../../src/wire/encode.ts'
import { FrameDecoder } from '../../src/wire/frame-decoder.ts'

describe('a tag of 2^32 and more', () => {
  it('replaces nothing in a signed message: no forged data under a genuine signature', async () => {
    const privateKey = await generateKeyPair('Ed25519')
    const policy = new MessagePolicy({ signaturePolicy: StrictSign, privateKey })
    const genuine = await policy.build('t', Uint8Array.of(1))
    // tag 2^32 + 0x12: the low 32 bits are those of `data`
    const forged = Uint8Array.from([...genuine.encoded, 0x92, 0x80, 0x80, 0x80, 0x10, 1, 66])
    const [frame] = new FrameDecoder(10_000).push(frameMessage(forged))
    let data: Uint8Array | undefined

    try {
      const message = await policy.route(scanRpc(frame).messages, 0)
      data = await policy.verify(message) ? message.publicMessage.data : undefined
    } catch {
      // refused as well
    }

    expect(data == null || data[0] === 1).to.be.true('forged data were verified')
  })
})
