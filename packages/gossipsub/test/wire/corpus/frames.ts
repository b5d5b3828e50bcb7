/**
 * Frames worth keeping: what once was read wrongly, by us or by others, and what stands at an edge. Without length prefix. A fuzzer begins
 * with them and goes on from them. Add one whenever a frame is found that tells two readers apart.
 */
import { fromHex } from './hex.ts'

export interface KeptFrame {
  what: string
  hex: string
  isTaken: boolean
}

const taken: Record<string, string> = {
  'no bytes': '',
  'subscribe and unsubscribe': '0a 05 08 01 12 01 74  0a 05 08 00 12 01 75',
  'a subscription of nothing': '0a 00',
  'a subscription whose truth has ten bytes': '0a 0e 08 ff ff ff ff ff ff ff ff ff 01 12 01 74',
  'a subscription whose truth is 2^32: its lower half is 0': '0a 09 08 80 80 80 80 10 12 01 74',
  'a subscription whose topic is a number: skipped': '0a 04 08 01 10 07',
  'an empty message': '12 00',
  'a message without an author': '12 07 12 02 68 69 22 01 74',
  'all fields of a message': '12 12 0a 01 a1 12 01 d1 1a 01 07 22 01 74 2a 01 51 32 01 61',
  'a message out of order': '12 06 22 01 74 12 01 d1',
  'a message with two topics, as old ones have': '12 06 22 01 74 22 01 75',
  'a topic that is not UTF-8 before the one that counts': '12 07 22 02 ff fe 22 01 74',
  'a message with data twice': '12 09 12 01 d1 12 01 d2 22 01 74',
  'data behind the signature: not in order': '12 0c 12 01 d1 22 01 74 2a 01 51 12 01 d2',
  'a message with an empty topic': '12 02 22 00',
  'a message with a padded length': '12 07 12 81 00 d1 22 01 74',
  'a message with a padded tag': '12 07 92 00 01 d1 22 01 74',
  'a padded tag of a message': '92 00 03 22 01 74',
  'an unknown field 7 in a message': '12 06 22 01 74 3a 01 ff',
  'from as a number: skipped': '12 05 08 01 22 01 74',
  'a topic with a byte order mark': '12 06 22 04 ef bb bf 74',
  'no control messages': '1a 00',
  'two control fields are one': '1a 05 1a 03 0a 01 74  1a 05 1a 03 0a 01 75',
  'one of each kind': '1a 23 0a 06 0a 01 74 12 01 a1 12 03 0a 01 b1 1a 03 0a 01 74 22 0a 0a 01 74 12 03 0a 01 c1 18 3c 2a 03 0a 01 e1',
  'lists of nothing': '1a 0a 0a 00 12 00 1a 00 22 00 2a 00',
  'empty ids': '1a 0a 12 08 0a 00 0a 00 0a 00 0a 00',
  'a backoff of 2^53 - 1': '1a 0b 22 09 18 ff ff ff ff ff ff ff 0f',
  'a backoff of 2^53': '1a 0b 22 09 18 80 80 80 80 80 80 80 10',
  'a backoff of 2^64 - 1': '1a 0d 22 0b 18 ff ff ff ff ff ff ff ff ff 01',
  'a backoff of 60 in two bytes, and a GRAFT behind it': '1a 0a 22 03 18 bc 00 1a 03 0a 01 74',
  'a backoff that is bytes: skipped': '1a 05 22 03 1a 01 3c',
  'partial messages, test extension, extensions': '52 02 0a 00 92 91 e2 18 00 1a 04 32 02 50 01',
  'unknown fields of each wire type': '58 80 01 59 01 02 03 04 05 06 07 08 5d 01 02 03 04 52 01 02'
}

const refused: Record<string, string> = {
  'a tag of 2^32 + data behind the signature of a message': '12 13 12 01 d1 22 01 74 2a 01 51 92 80 80 80 10 01 d2',
  'a tag of 2^32 + messages': '92 80 80 80 10 03 22 01 74',
  'a tag of six bytes': '92 80 80 80 80 00 00',
  'field number 0': '02 00',
  'field number 0 in a control message': '1a 04 12 02 02 00',
  'a group': '0b 0c',
  'the end of a group': '0c',
  'wire type 7': '0f',
  'a group in a message': '12 05 22 01 74 3b 3c',
  'a tag without an end': '8a',
  'a subscription without a length': '0a',
  'a topic without a length, and a subscription that could be both': '0a 01 12  0a 09 08 01 12 05 62 6c 75 65 73',
  'two control fields that are one only together': '1a 03 1a 03 0a  1a 02 01 74',
  'a length of 2^32 + 3': '12 83 80 80 80 10 22 01 74',
  'a length of 2^35 - 1': '12 ff ff ff ff 7f',
  'a varint of eleven bytes': '58 80 80 80 80 80 80 80 80 80 80 00',
  'an unknown field that ends early': '59 01 02 03',
  'a message that ends within its data': '12 02 12 09',
  'data that reach into the next message': '12 05 22 01 74 12 04  12 03 22 01 74',
  'a subscription that reaches into the next one': '0a 02 12 05  0a 03 12 01 74',
  'an id that reaches into the next control message': '1a 0a 12 03 0a 03 ff 1a 03 0a 01 74',
  'a record that reaches beyond its peer': '1a 0a 22 08 12 04 12 04 ff ff 18 3c',
  'a backoff without an end': '1a 04 22 02 18 80',
  'a topic that is not UTF-8': '12 04 22 02 ff fe',
  'a topic with half a surrogate pair': '12 05 22 03 ed a0 80',
  'a GRAFT whose topic is not UTF-8': '1a 06 1a 04 0a 02 c3 28',
  'a subscription whose topic is not UTF-8': '0a 04 12 02 c3 28'
}

export const corpus: KeptFrame[] = [...kept(taken, true), ...kept(refused, false)]

export const corpusFrames: Uint8Array[] = corpus.map(({ hex }) => fromHex(hex))

function kept (frames: Record<string, string>, isTaken: boolean): KeptFrame[] {
  return Object.entries(frames).map(([what, hex]) => ({ what, hex, isTaken }))
}
