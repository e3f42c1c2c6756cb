// Colours of values. The first choice of each kind is that of the pictures that can be kept.

const rgb = hex => [hex >> 16, (hex >> 8) & 255, hex & 255];
const VIRIDIS = [0x440154, 0x482878, 0x3e4a89, 0x31688e, 0x26828e, 0x1f9e89, 0x35b779, 0x6dcd59, 0xb4de2c, 0xfde725].map(rgb);
const CIVIDIS = [0x00204c, 0x1b3a6d, 0x434e6c, 0x61646f, 0x7d7c78, 0x9b9573, 0xbcaf6f, 0xdecb5f, 0xffe945].map(rgb);
const BLUES = [0xf7fbff, 0xdeebf7, 0xc6dbef, 0x9ecae1, 0x6baed6, 0x4292c6, 0x2171b5, 0x08519c, 0x08306b].map(rgb);
const SIGNED = [0xb2182b, 0xef8a62, 0xfddbc7, 0xffffff, 0xd1e5f0, 0x67a9cf, 0x2166ac].map(rgb);
const SIGNED_SAFE = [0xb35806, 0xf1a340, 0xfee0b6, 0xffffff, 0xd8daeb, 0x998ec3, 0x542788].map(rgb);
const SERIES = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#777777'];
const NAMED = {
    black: 0x000000, silver: 0xc0c0c0, gray: 0x808080, white: 0xffffff, maroon: 0x800000, red: 0xff0000, purple: 0x800080, fuchsia: 0xff00ff,
    green: 0x008000, lime: 0x00ff00, olive: 0x808000, yellow: 0xffff00, navy: 0x000080, blue: 0x0000ff, teal: 0x008080, aqua: 0x00ffff, orange: 0xffa500,
};
const MISSING = [200, 200, 200];

const mix = (from, to, share) => from.map((channel, at) => Math.round(channel + (to[at] - channel) * share));
const css = color => `rgb(${color[0]},${color[1]},${color[2]})`;
const ink = color => 0.299 * color[0] + 0.587 * color[1] + 0.114 * color[2] < 153 ? '#ffffff' : '#1b1f24';
const named = name => rgb(name[0] === '#' ? parseInt(name.slice(1), 16) : NAMED[name.toLowerCase()] ?? 0x808080);

/** Colours at values, ascending; beyond the ends they stay. */
class Scale {
    constructor(stops, log = false) {
        this.stops = stops;
        this.log = log;
        [this.least, this.most] = [stops[0][0], stops[stops.length - 1][0]];
    }

    static even(colors, least, most) {
        return new Scale(colors.map((color, at) => [least + (most - least) * at / (colors.length - 1), color]));
    }

    of(value) {
        if (value === null || Number.isNaN(value)) {
            return MISSING;
        }

        const stops = this.stops;
        let upper = 0;
        while (upper < stops.length && stops[upper][0] < value) {
            upper++;
        }

        if (upper === 0 || upper === stops.length) {
            return stops[Math.min(upper, stops.length - 1)][1];
        }

        const [below, above] = [stops[upper - 1], stops[upper]];
        return mix(below[1], above[1], (value - below[0]) / (above[0] - below[0]));
    }
}

/** A scale of the logarithm of values: of their size on both sides of 0 where it is signed. */
class LogScale {
    constructor(inner, floor, signed) {
        [this.inner, this.floor, this.signed] = [inner, floor, signed];
        [this.least, this.most] = [signed ? -inner.top : floor, inner.top];
    }

    of(value) {
        if (value === null || Number.isNaN(value)) {
            return MISSING;
        }

        const size = Math.max(0, Math.log(Math.abs(value) / this.floor) / Math.log(this.inner.top / this.floor));
        return this.inner.scale.of(this.signed ? Math.sign(value) * size : value > 0 ? size : 0);
    }
}

function rangeOf(values) {
    let [least, most, smallest] = [Infinity, -Infinity, Infinity];
    for (const value of values) {
        if (Number.isFinite(value)) {
            least = Math.min(least, value);
            most = Math.max(most, value);
            if (value !== 0) {
                smallest = Math.min(smallest, Math.abs(value));
            }
        }
    }

    return least > most ? { least: 0, most: 0, smallest: 0, none: true } : { least, most, smallest };
}

/** The scale of a figure: as it says, or as its values are; `look` = { safe, log }. */
function scaleOf(values, { signed = false, stops = [], underText = false }, look) {
    const range = rangeOf(values);
    const both = signed || (underText && range.least < 0 && range.most > 0);
    const colors = both ? (look.safe ? SIGNED_SAFE : SIGNED) : underText ? BLUES : look.safe ? CIVIDIS : VIRIDIS;
    if (stops.length > 0 && !look.safe && !look.log) {
        return new Scale(stops.map(stop => [stop.value, named(stop.color)]));
    }

    const top = Math.max(Math.abs(range.least), Math.abs(range.most));
    if (look.log && top > 0) {
        const floor = Math.max(range.smallest, top * 1e-6);
        return new LogScale({ top, scale: both ? Scale.even(colors, -1, 1) : Scale.even(colors, 0, 1) }, floor < top ? floor : top / 10, both);
    }

    if (both) {
        return Scale.even(colors, -top, top);
    }

    const start = stops.length > 0 ? stops[0].value : range.least >= 0 && range.least <= range.most / 2 ? 0 : range.least;
    return Scale.even(colors, start, stops.length > 0 ? stops[stops.length - 1].value : range.most);
}
