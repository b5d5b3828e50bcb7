/** A program that forgets to let go of a KiB per item: the measure of the others. */

import { growth } from '../fixtures/growth.ts'

const kept: Uint8Array[] = []

process.send?.(await growth(JSON.parse(process.argv[2]), async (count) => {
  for (let i = 0; i < count; i++) {
    kept.push(new Uint8Array(1024).fill(1))
  }
}))
