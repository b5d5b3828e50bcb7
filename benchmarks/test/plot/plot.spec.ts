import { expect } from 'aegir/chai'
import { bars } from '../../src/plot/bars.ts'
import { curves } from '../../src/plot/curve.ts'
import { distributions } from '../../src/plot/distribution.ts'
import { renderSvg } from '../../src/plot/render.ts'
import { colourScale, DARK, LIGHT, looksOf } from '../../src/plot/theme.ts'
import { summarise } from '../../src/report/summary.ts'
import { SUITES } from '../../src/suites.ts'
import { MEASUREMENTS, record, SIZES, SIZE_MEASUREMENTS } from '../records.ts'
import type { FigureSummary } from '../../src/report/summary.ts'

/** WCAG's for text, and for parts of pictures. */
const TEXT_CONTRAST = 4.5
const MARK_CONTRAST = 2

describe('plots', () => {
  describe('bars', () => {
    it('have one for each contestant in its colour, with whiskers, the median and the ratio', async () => {
      const svg = await drawBars()

      expect(bodies(svg, 'quicmesh')).to.equal(1)
      expect(bodies(svg, 'chainsafe-quic')).to.equal(1)
      expect(svg.match(/stroke-width="4"/g)).to.have.lengthOf(2)
      expect(svg).to.include('>200, 2.00 [2.00 to 4.00] x chainsafe-quic</text>')
      expect(svg).to.include('>100</text>')
      expect(svg).to.include('>MB/s (more is better)</text>')
    })

    it('are as long as what they stand for', async () => {
      const { quicmesh, 'chainsafe-quic': rival } = await barWidths()

      expect(quicmesh / rival).to.be.closeTo(2, 0.001)
    })
  })

  describe('a curve', () => {
    it('is straight on logarithmic axes for what grows by a factor with every factor', async () => {
      const svg = await renderSvg(curves(sizes()), 'sizes')
      const colour = looksOf(['quicmesh']).get('quicmesh')?.colour
      const [, path] = svg.match(new RegExp(`d="M([^"]+)" stroke="${colour}"`)) ?? []
      const [[x1, y1], [x2, y2], [x3, y3]] = path.split('L').map((place) => place.split(',').map(Number))

      expect(x2 - x1).to.be.closeTo(x3 - x2, 0.02)
      expect(y1 - y2).to.be.closeTo(y2 - y3, 0.02)
      expect(y1 - y2).to.be.above(10)
    })

    it('has a linear axis where something is 0', async () => {
      const { points } = sizes()
      const svg = await renderSvg(curves({ points: points.map((point, i) => ({ ...point, x: i })), sweep: { label: 'loss, %', scale: 'linear', values: [0, 1, 2] } }), 'loss')

      expect(svg).to.include('>loss, %</text>')
      expect(svg).to.not.include('NaN')
    })
  })

  describe('a distribution', () => {
    it('is of all rounds together, by contestant', async () => {
      const measurements = MEASUREMENTS.map((measurement, i) => ({ ...measurement, samples: { 'round trip, us': [10 * (i + 1), 20 * (i + 1), 30 * (i + 1)] } }))
      const plot = distributions(measurements, ['quicmesh', 'chainsafe-quic'])

      expect(JSON.stringify(plot)).to.include('{"contestant":"quicmesh","percent":0,"value":10}')
        .and.include('{"contestant":"quicmesh","percent":100,"value":150}')
        .and.include('{"contestant":"chainsafe-quic","percent":100,"value":180}')
      expect(plot == null ? '' : await renderSvg(plot, 'echo')).to.include('>round trip, us</text>')
    })

    it('is not drawn without samples', () => {
      expect(distributions(MEASUREMENTS, ['quicmesh'])).to.equal(undefined)
    })
  })

  describe('whatever they show', () => {
    it('are the same bytes each time', async () => {
      expect(await drawBars()).to.equal(await drawBars())
    })

    it('have no more than two decimals in places, which machines could differ in', async () => {
      const attributes = (await drawBars()).match(/ (?:transform|d|x2|y2)="[^"]*"/g) ?? []

      expect(attributes).to.not.be.empty()
      expect(attributes.filter((attribute) => /\.\d{3}/.test(attribute))).to.deep.equal([])
    })

    it('have a title for those who do not see them, whatever is in it', async () => {
      expect(await renderSvg(bars(metrics(), undefined), 'a < b & c')).to.include('<title>a &lt; b &amp; c</title>')
    })

    it('change paper and ink together where the reader prefers dark', async () => {
      const svg = await drawBars()

      for (const [name, light] of Object.entries(LIGHT)) {
        expect(svg).to.include(`[fill="${light}"]{fill:${new Map(Object.entries(DARK)).get(name)}}`)
      }

      const [, drawing] = svg.split('</style>')
      const drawn = new Set([...drawing.matchAll(/(?:fill|stroke)="(#[^"]+)"/g)].map(([, colour]) => colour))
      const known = [...Object.values(LIGHT), ...colourScale(['quicmesh', 'chainsafe-quic']).range]

      expect([...drawn].filter((colour) => !known.includes(colour))).to.deep.equal([])
    })
  })

  describe('colours', () => {
    for (const [name, ink] of Object.entries({ light: LIGHT, dark: DARK })) {
      it(`of text can be read on ${name} paper, and those of contestants be seen`, () => {
        expect(contrast(ink.text, ink.paper)).to.be.above(TEXT_CONTRAST)
        expect(contrast(ink.muted, ink.paper)).to.be.above(TEXT_CONTRAST)

        for (const suite of SUITES) {
          for (const { colour } of looksOf(suite.contestants).values()) {
            expect(contrast(colour, ink.paper), colour).to.be.above(MARK_CONTRAST)
          }
        }
      })
    }

    it('differ between the contestants of a suite, and do not between plots', () => {
      for (const { contestants } of SUITES) {
        expect(new Set(colourScale(contestants).range).size).to.equal(contestants.length)
        expect(colourScale(contestants.slice(1)).range).to.deep.equal(colourScale(contestants).range.slice(1))
      }
    })

    it('of other builds are none that a contestant has', () => {
      for (const { contestants } of SUITES) {
        const all = [...contestants, 'new', 'newer', 'newest']

        expect(new Set(colourScale(all).range).size).to.equal(all.length)
      }
    })
  })
})

function metrics (): FigureSummary['points'][number]['metrics'] {
  return summarise(record())[0].points[0].metrics.filter(({ isHeadline }) => isHeadline)
}

function sizes (): { sweep: NonNullable<FigureSummary['sweep']>, points: FigureSummary['points'] } {
  const [{ sweep, points }] = summarise(record({ figures: [SIZES], measurements: SIZE_MEASUREMENTS }))

  if (sweep == null) {
    throw new Error('The figure has no sweep')
  }

  return { sweep, points }
}

async function drawBars (): Promise<string> {
  return renderSvg(bars(metrics(), 'chainsafe-quic'), 'upload')
}

function bodies (svg: string, contestant: string): number {
  return svg.split(`fill="${looksOf([contestant]).get(contestant)?.colour}"`).length - 1
}

async function barWidths (): Promise<Record<string, number>> {
  const svg = await drawBars()

  return Object.fromEntries(['quicmesh', 'chainsafe-quic'].map((contestant) => {
    const [, width] = svg.match(new RegExp(`d="M[^h"]+h([\\d.]+)v[^"]+" fill="${looksOf([contestant]).get(contestant)?.colour}"`)) ?? []

    return [contestant, Number(width)]
  }))
}

/** By WCAG 2: of two colours as '#rrggbb'. */
function contrast (a: string, b: string): number {
  const [darker, lighter] = [luminance(a), luminance(b)].sort((x, y) => x - y)

  return (lighter + 0.05) / (darker + 0.05)
}

function luminance (colour: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const channel = parseInt(colour.slice(at, at + 2), 16) / 255

    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4
  })

  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
