// Figures: what each kind of data looks like, and what is above and below every picture.

const look = { safe: false };

/** Two of these stand beside each other where the page is wide. */
function isSmall({ kind, arrays }) {
    const columns = arrays[0][1];
    return kind === 'chart' ? columns <= 40 : kind === 'heatmap' ? columns <= 16 : kind === 'token-grid' && columns <= 4;
}

function heightOf({ kind, arrays }) {
    const rows = arrays[1][1];
    return kind === 'chart' ? 440 : kind === 'scatter' ? 600 : Math.min(720, rows * (kind === 'heatmap' ? 30 : 22) + 60) + 90;
}

/** Everything of a figure but its kind: title, buttons, the colours' meaning. */
class FigureView {
    constructor(run, section) {
        [this.run, this.section] = [run, section];
        this.log = false;
        this.body = make('div', { class: 'body' });
        this.legend = make('div', { class: 'legend' });
        this.buttons = make('div', { class: 'buttons' });
        this.element = make('figure', { class: `figure${isSmall(section) ? ' small' : ''}`, id: `${run.key}-${section.name}`, 'data-kind': section.kind },
            make('figcaption', {}, make('h4', {}, label(section.title)), this.buttons), this.body, this.legend);
        whenSeen(this.element, heightOf(section), () => this.open());
        views.push(this);
    }

    async open() {
        this.arrays = await arraysOf(this.section);
        this.build();
        this.buttons.append(
            make('button', { type: 'button', title: 'The picture as vectors', onclick: () => this.keepSvg() }, 'SVG'),
            make('button', { type: 'button', title: 'The picture as dots', onclick: () => this.keepPng() }, 'PNG'));
        this.redraw();
    }

    button(text, title, act) {
        const element = make('button', { type: 'button', title, 'aria-pressed': 'false', onclick: () => act(element) }, text);
        this.buttons.append(element);
        return element;
    }

    logButton() {
        this.button('log', 'Colours by the logarithm', element => {
            this.log = !this.log;
            element.setAttribute('aria-pressed', String(this.log));
            this.redraw();
        });
    }

    zoomButtons(matrix) {
        this.button('+', 'Larger cells', () => matrix.zoom(1.5)).removeAttribute('aria-pressed');
        this.button('−', 'Smaller cells', () => matrix.zoom(1 / 1.5)).removeAttribute('aria-pressed');
    }

    async keepSvg() {
        download(`${this.run.plugin}-${this.section.name}.svg`, 'image/svg+xml', await textOf(this.section.svg));
    }

    async keepPng() {
        const url = URL.createObjectURL(new Blob([await textOf(this.section.svg)], { type: 'image/svg+xml' }));
        try {
            const image = new Image();
            image.src = url;
            await image.decode();
            const times = Math.min(3, 12_000 / Math.max(image.naturalWidth, image.naturalHeight));
            const canvas = document.createElement('canvas');
            [canvas.width, canvas.height] = [image.naturalWidth * times, image.naturalHeight * times];
            canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height);
            canvas.toBlob(blob => download(`${this.run.plugin}-${this.section.name}.png`, 'image/png', blob), 'image/png');
        } finally {
            URL.revokeObjectURL(url);
        }
    }

    /** A bar of the colours with the numbers that they stand for. */
    colorBar(scale, missing, hint = '') {
        const canvas = make('canvas', { class: 'bar', width: 160, height: 1 });
        const context = canvas.getContext('2d');
        for (let x = 0; x < 160; x++) {
            const share = x / 159;
            const value = scale instanceof LogScale && !scale.signed ? scale.floor * (scale.most / scale.floor) ** share : scale.least + (scale.most - scale.least) * share;
            context.fillStyle = css(scale.of(value));
            context.fillRect(x, 0, 1, 1);
        }

        this.legend.replaceChildren(
            make('span', {}, String(Number(scale.least.toPrecision(4)))), canvas, make('span', {}, String(Number(scale.most.toPrecision(4)))),
            ...(missing ? [make('i', { class: 'missing' }), make('span', {}, 'no value')] : []), ...(hint ? [make('span', { class: 'hint' }, hint)] : []));
    }

    labels(at) {
        return Array.from(this.arrays[at], text => label(strings[text]));
    }
}

class HeatmapView extends FigureView {
    build() {
        const { section, arrays } = this;
        const [x, y, values] = [this.labels(0), this.labels(1), arrays[2]];
        const columns = x.length;
        this.values = values;
        const says = (row, column) => `${section.yTitle} ${y[row]}, ${section.xTitle} ${x[column]}: ${this.written(values[row * columns + column])}`;
        this.matrix = new Matrix({
            name: section.title, columns, rows: y.length, x, y, xTitle: section.xTitle, yTitle: section.yTitle, says,
            value: (row, column) => values[row * columns + column],
            color: value => this.scale.of(value),
            tip: (row, column) => [tipLines([[section.yTitle, y[row]], [section.xTitle, x[column]], ['value', this.written(values[row * columns + column])]])],
            isMarked: this.marks && ((row, column) => this.marks[row * columns + column] === 1),
            onLook: this.onLook,
        });
        this.body.replaceChildren(this.matrix.element);
        this.logButton();
        this.zoomButtons(this.matrix);
        this.missing = values.some(Number.isNaN);
    }

    written(value) {
        return Number.isNaN(value) ? 'N/A' : number(value);
    }

    redraw() {
        this.scale = scaleOf(this.values, { signed: this.section.signed, stops: this.section.scale }, { safe: look.safe, log: this.log });
        this.colorBar(this.scale, this.missing, this.marks ? 'red frames: the assignment' : '');
        this.matrix.paint();
    }
}

/** Similarities with the assignment that maximises them framed. */
class AlignmentView extends HeatmapView {
    constructor(run, section, assignment) {
        super(run, section);
        this.assignment = assignment;
    }

    async open() {
        this.marks = (await arraysOf(this.assignment))[2];
        await super.open();
    }
}

class TokenGridView extends FigureView {
    build() {
        const { section, arrays } = this;
        const [x, y, texts, values, details] = [this.labels(0), this.labels(1), arrays[2], arrays[3], arrays[4]];
        const columns = x.length;
        const raw = at => strings[texts[at]];
        const shown = new Map();
        const text = at => {
            const key = texts[at];
            if (!shown.has(key)) {
                shown.set(key, raw(at) === '' ? '' : visible(raw(at), true));
            }

            return shown.get(key);
        };
        this.values = values;
        const widths = Array.from(new Set(texts)).slice(0, 3000).map(key => widthOf(visible(strings[key], true), MONO) + 10);
        this.matrix = new Matrix({
            name: section.title, columns, rows: y.length, x, y, xTitle: section.xTitle, yTitle: section.yTitle,
            widest: widths.reduce((most, width) => Math.max(most, width), 0),
            value: (row, column) => values[row * columns + column],
            color: (value, row, column, words) => Number.isNaN(value) ? (words === '' ? MISSING : null) : this.scale.of(value),
            text: (row, column) => text(row * columns + column),
            says: (row, column) => `${section.yTitle} ${y[row]}, ${section.xTitle} ${x[column]}: ${text(row * columns + column)} ${number(values[row * columns + column])}`,
            tip: (row, column) => {
                const at = row * columns + column;
                const detail = textAt(details[at]);
                return [
                    tipLines([[section.yTitle, y[row]], [section.xTitle, x[column]], ['word', make('code', {}, raw(at) === '' ? '\u2205' : text(at))], ['value', number(values[at])]]),
                    ...(detail === null ? [] : [detailOf(detail)]),
                ];
            },
        });
        this.body.replaceChildren(this.matrix.element);
        if (!values.every(Number.isNaN)) {
            this.logButton();
        }

        this.zoomButtons(this.matrix);
    }

    redraw() {
        this.scale = scaleOf(this.values, { underText: true }, { safe: look.safe, log: this.log });
        if (!this.values.every(Number.isNaN)) {
            this.colorBar(this.scale, false);
        }

        this.matrix.paint();
    }
}
