// Curves by uPlot, in the colours of the page, as wide as their place.
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { colour, dark } from "./dom.ts";

export interface Curve {
  label: string;
  /** a custom property of the style sheet */
  colour: string;
  width?: number;
  /** dots instead of a line */
  points?: boolean;
  /** dots on the line */
  dots?: boolean;
  /** 0 to 1 */
  opacity?: number;
}

export interface PlotOptions {
  /** what the picture is called for those who don't see it */
  label: string;
  x: string;
  height?: number;
  curves: readonly Curve[];
  xRange?: [number, number];
  yRange?: [number, number];
  /** how values of y are written */
  format?: (y: number) => string;
  logarithmic?: boolean;
}

/** Of a logarithmic axis only the powers of ten have lines. */
const powers = (_: uPlot, splits: number[]): (number | null)[] =>
  splits.map((y) => (Math.abs(Math.log10(y) % 1) < 1e-6 ? y : null));

const withOpacity = (name: string, opacity: number): string =>
  `color-mix(in srgb, ${colour(name)} ${100 * opacity}%, transparent)`;

export class Plot {
  private readonly place: HTMLElement;
  private readonly options: PlotOptions;
  private data: uPlot.AlignedData;
  private plot: uPlot | undefined;

  constructor(place: HTMLElement, options: PlotOptions) {
    this.place = place;
    this.options = options;
    this.data = [[], ...options.curves.map(() => [])] as unknown as uPlot.AlignedData;
    place.setAttribute("role", "img");
    place.setAttribute("aria-label", options.label);
    this.draw();
    new ResizeObserver(() => this.plot?.setSize(this.size())).observe(place);
    dark.addEventListener("change", () => this.draw());
  }

  /** x and, for each curve, y; null where a curve has no point. */
  set(...data: [number[], ...(number | null)[][]]): void {
    this.data = data;
    this.plot?.setData(this.data);
  }

  /** A sentence with the newest numbers, for those who don't see the curves. */
  describe(text: string): void {
    this.place.setAttribute("aria-label", `${this.options.label}: ${text}`);
  }

  private size(): { width: number; height: number } {
    return { width: Math.max(this.place.clientWidth, 120), height: this.options.height ?? 200 };
  }

  private draw(): void {
    const { options } = this;
    const grid = { stroke: colour("line"), width: 1 };
    const axis = { stroke: colour("muted"), grid, ticks: grid, font: "12px system-ui, sans-serif" };
    this.plot?.destroy();
    this.plot = new uPlot(
      {
        ...this.size(),
        padding: [8, 20, 0, 0],
        legend: { show: false },
        cursor: { show: false },
        scales: {
          x: { time: false, ...(options.xRange && { range: options.xRange }) },
          y: {
            ...(options.yRange && { range: options.yRange }),
            ...(options.logarithmic && { distr: 3 as const }),
          },
        },
        axes: [
          { ...axis, size: 42, label: options.x, labelSize: 16, labelFont: "12px system-ui, sans-serif", labelGap: 0 },
          {
            ...axis,
            size: 58,
            ...(options.logarithmic && { grid: { ...grid, filter: powers }, ticks: { ...grid, filter: powers } }),
            ...(options.format && { values: (_, ticks) => ticks.map((y) => (y === null ? "" : options.format!(y))) }),
          },
        ],
        series: [
          {},
          ...options.curves.map((curve) => ({
            label: curve.label,
            spanGaps: true,
            stroke: withOpacity(curve.colour, curve.opacity ?? 1),
            ...(curve.points
              ? {
                  paths: () => null,
                  points: { show: true, size: 4, fill: withOpacity(curve.colour, curve.opacity ?? 1), width: 0 },
                }
              : {
                  width: curve.width ?? 2,
                  points: { show: curve.dots ?? false, size: 6, fill: colour(curve.colour) },
                }),
          })),
        ],
      },
      this.data,
      this.place,
    );
  }
}
