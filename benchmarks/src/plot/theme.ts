/** How all plots look: colours that people with any colour vision tell apart, and ink that is read on light and on dark. */

export interface Ink {
  paper: string
  /** Titles, labels of contestants, whiskers. */
  text: string
  /** Labels of axes. */
  muted: string
  grid: string
}

/** What plots are drawn in. */
export const LIGHT: Ink = { paper: '#ffffff', text: '#1f2328', muted: '#59636e', grid: '#d1d9e0' }

/** What each of these becomes where the reader prefers dark; the paper with them, so that the page's own colour does not matter. */
export const DARK: Ink = { paper: '#0d1117', text: '#f0f6fc', muted: '#9198a1', grid: '#3d444d' }

/** Okabe and Ito's palette, less black and yellow, which light or dark paper swallows. */
const BLUE = '#0072b2'
const VERMILLION = '#d55e00'
const ORANGE = '#e69f00'
const PURPLE = '#cc79a7'
const GREEN = '#009e73'
const SKY = '#56b4e9'

/** Two more for the suite that needs them: grey, and the olive of Tol's muted palette. */
const GREY = '#8c959f'
const OLIVE = '#999933'

/** For contestants that nobody has given a colour, other builds for the most part: none of them is `GREY`. */
const GREYS = ['#6e7781', '#afb8c1', '#59636e']

/** The same contestant has the same colour in every plot; whoever never meets another may share its colour. */
const COLOURS: Record<string, string> = {
  quicmesh: BLUE,
  'quicmesh-tcp': SKY,
  'chainsafe-quic': VERMILLION,
  'libp2p-17': VERMILLION,
  'tcp-noise-yamux': ORANGE,
  'libp2p-16': ORANGE,
  'tcp-tls-yamux': PURPLE,
  'raw-quinn': GREEN,
  rust: GREEN,
  go: PURPLE,
  'quicmesh-quicmesh': BLUE,
  'go-go': PURPLE,
  'rust-rust': GREEN,
  'chainsafe-chainsafe': VERMILLION,
  'quicmesh-go': SKY,
  'go-quicmesh': ORANGE,
  'quicmesh-rust': OLIVE,
  'rust-quicmesh': GREY
}

/** Marks of a curve, beside the colour. */
const SHAPES = ['circle', 'square', 'triangle-up', 'diamond', 'cross', 'triangle-down']

export interface Look {
  colour: string
  shape: string
}

/** By contestant: in the order in which they are given. */
export function looksOf (contestants: string[]): Map<string, Look> {
  const known = new Map(Object.entries(COLOURS))
  const strangers = contestants.filter((contestant) => !known.has(contestant))

  return new Map(contestants.map((contestant, i) => [contestant, {
    colour: known.get(contestant) ?? GREYS[strangers.indexOf(contestant) % GREYS.length],
    shape: SHAPES[i % SHAPES.length]
  }]))
}

/** Scales that give each contestant its colour, and its shape, whoever else is in the plot. */
export function colourScale (contestants: string[]): { domain: string[], range: string[] } {
  return { domain: contestants, range: [...looksOf(contestants).values()].map(({ colour }) => colour) }
}

export function shapeScale (contestants: string[]): { domain: string[], range: string[] } {
  return { domain: contestants, range: [...looksOf(contestants).values()].map(({ shape }) => shape) }
}
