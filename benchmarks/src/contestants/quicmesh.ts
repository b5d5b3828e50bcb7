import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { PACKAGE_PATH_VARIABLE } from '../build-path-variables.ts'
import type { Contestant } from '../contestants.ts'
import type * as QuicTransport from '@quicmesh/quic-transport'

const { quic } = await loadPackage(process.env[PACKAGE_PATH_VARIABLE])

export const quicmesh: Contestant = {
  listen: '/ip4/127.0.0.1/udp/0/quic-v1',
  options: () => ({
    transports: [quic()]
  })
}

/** No more than one: each loads a native binding. */
async function loadPackage (folder: string | undefined): Promise<typeof QuicTransport> {
  if (folder == null) {
    return import('@quicmesh/quic-transport')
  }

  return import(pathToFileURL(join(folder, 'dist/src/index.js')).href)
}
