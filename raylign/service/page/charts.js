// Curves by step, drawn by uPlot. All charts of a view share one cursor: what stands under it is told in each legend.

import {el, put} from "./dom.js";
import {percent, short} from "./format.js";

const HEIGHT = 150;
const uPlot = window.uPlot;
const dark = matchMedia("(prefers-color-scheme: dark)");

function color(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** Colors of lines that name none, by their place among them. */
const HUES = ["accent", "judge", "step", "publish", "generate", "bad", "score", "pack", "norms", "draw"];

/** One figure: a title, a canvas, a legend. `update(lines)` draws; a line is
 * `{label, points: [[x...], [y...]], hue, dots, dash}`, of any length. */
export class Chart {
  #plot = null;
  #lines = [];
  #shape = "";
  #width = 0;

  constructor(title, {share = false, limit = null, group = "steps"} = {}) {
    this.share = share;
    this.limit = limit;
    this.group = group;
    this.legend = el("div", {class: "legend"});
    this.canvas = el("div", {class: "plot", "aria-hidden": "true"});
    this.title = title;
    this.node = el("figure", {role: "group", "aria-label": title},
      el("figcaption", {}, title), this.canvas, this.legend);
    this.watch = new ResizeObserver(([entry]) => this.#resize(Math.floor(entry.contentRect.width)));
    this.watch.observe(this.canvas);
    dark.addEventListener("change", this.#again);
  }

  update(lines) {
    this.#lines = lines.filter((line) => line.points[1].some((value) => value !== null));
    this.node.hidden = this.#lines.length === 0;
    if (this.node.hidden || !this.#width) return;
    const shape = this.#lines.map((line) => line.label).join("\n");
    if (this.#plot && shape === this.#shape) this.#plot.setData(this.#data());
    else this.#make(shape);
    this.#tell(null);
  }

  destroy() {
    this.watch.disconnect();
    dark.removeEventListener("change", this.#again);
    this.#plot?.destroy();
    this.#plot = null;
  }

  #again = () => {
    this.#shape = "";
    this.update(this.#lines);
  };

  #resize(width) {
    if (width === this.#width || width <= 0) return;
    this.#width = width;
    if (this.#plot) this.#plot.setSize({width, height: HEIGHT});
    else this.update(this.#lines);
  }

  #data() {
    return uPlot.join(this.#lines.map((line) => line.points));
  }

  #make(shape) {
    this.#plot?.destroy();
    this.#shape = shape;
    const [ink, grid] = [color("soft"), color("line")];
    const font = "11px system-ui, sans-serif";
    const axis = {stroke: ink, font, grid: {stroke: grid, width: 1}, ticks: {show: false}};
    const words = this.share ? percent : short;
    const series = this.#lines.map((line, at) => {
      const stroke = color(line.hue ?? HUES[at % HUES.length]);
      return line.dots
        ? {stroke, width: 0, paths: () => null, points: {show: true, size: 8, fill: color("card"), stroke, width: 2}}
        : {stroke, width: at === 0 ? 2 : 1.3, spanGaps: true, dash: line.dash, points: {show: line.points[0].length < 3, size: 5}};
    });
    const options = {
      width: this.#width, height: HEIGHT, legend: {show: false}, padding: [8, 8, 0, 0],
      scales: {x: {time: false, range: (_, low, high) => [Math.min(low, 0), Math.max(high, 1)]}, y: {range: (_, low, high) => this.#range(low, high)}},
      axes: [{...axis, size: 24, space: 60, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 50_000, 100_000]},
        {...axis, size: 46, space: 30, values: (_, ticks) => ticks.map(words)}],
      cursor: {y: false, points: {size: 6}, drag: {x: true, y: false}, sync: {key: this.group, setSeries: false}},
      series: [{}, ...series],
      hooks: {setCursor: [(plot) => this.#tell(plot.cursor.idx)], draw: [(plot) => this.#drawLimit(plot)]},
    };
    this.#plot = new uPlot(options, this.#data(), this.canvas);
  }

  #range(low, high) {
    if (this.share) return [0, 1];
    if (low === null || high === null) return [0, 1];
    const bounds = this.limit === null ? [low, high] : [Math.min(low, this.limit), Math.max(high, this.limit)];
    const pad = 0.08 * (bounds[1] - bounds[0] || Math.abs(bounds[0]) || 1);
    return [bounds[0] >= 0 && bounds[0] - pad < 0 ? 0 : bounds[0] - pad, bounds[1] + pad];
  }

  #drawLimit(plot) {
    if (this.limit === null) return;
    const y = Math.round(plot.valToPos(this.limit, "y", true));
    const {ctx, bbox} = plot;
    ctx.save();
    ctx.strokeStyle = color("bad");
    ctx.setLineDash([6, 4]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.restore();
  }

  /** The legend: every line's value at a place, or its last. */
  #tell(index) {
    const words = this.share ? percent : short;
    const data = this.#plot ? this.#plot.data : null;
    const items = this.#lines.map((line, at) => {
      const known = line.points[1].filter((value) => value !== null);
      const value = index === null || index === undefined || !data ? known.at(-1) : data[at + 1][index];
      const hue = line.hue ?? HUES[at % HUES.length];
      return el("span", {}, el("i", {class: `hue-${hue}${line.dots ? " dots" : ""}`}), `${line.label} `, el("b", {}, words(value)));
    });
    const limit = this.limit === null ? null : el("span", {}, el("i", {class: "hue-limit"}), "limit ", el("b", {}, short(this.limit)));
    const place = index === null || index === undefined || !data ? null : el("span", {class: "soft"}, `step ${data[0][index]}`);
    put(this.legend, items, limit, place);
  }
}
