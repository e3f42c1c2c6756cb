// Attention: a small picture of each head with a border of its own hue; the one looked at large below, and over the text.

const HEAD = /^(.*)-l(\d+)h(\d+)(-.*)?$/;

class HeadGrid {
    constructor(run, name, sections) {
        [this.run, this.sections] = [run, sections];
        [this.kept, this.shown] = [0, null];
        this.thumbs = make('div', { class: 'heads', role: 'listbox', 'aria-label': 'Heads' });
        this.large = make('div', { class: 'large' });
        this.element = make('section', { class: 'headgrid' }, make('h4', {}, label(name)), make('p', { class: 'hint' }, 'Point at a head to look at it; click to keep it.'), this.thumbs, this.large);
        whenSeen(this.element, 700, () => this.open());
        views.push(this);
    }

    async open() {
        this.heads = [];
        for (const [at, section] of this.sections.entries()) {
            const [, , layer, head] = HEAD.exec(section.name);
            const hue = `hsl(${Math.round(360 * at / this.sections.length)},70%,50%)`;
            const canvas = make('canvas', { width: 72, height: 72 });
            const name = `L${layer}H${head}`;
            const button = make('button', {
                type: 'button', class: 'head', role: 'option', 'aria-label': name, title: name,
                onpointerenter: () => this.preview(at), onpointerleave: () => this.preview(this.kept), onfocus: () => this.preview(at), onclick: () => this.keep(at),
            }, canvas, make('span', {}, name));
            button.style.borderColor = hue;
            this.heads.push({ section, canvas, button, hue, arrays: await arraysOf(section) });
            this.thumbs.append(button);
        }

        // A row a layer, where a layer has not more heads than a row.
        const layer = HEAD.exec(this.sections[0].name)[2];
        const perRow = Math.min(12, this.sections.filter(section => HEAD.exec(section.name)[2] === layer).length);
        this.thumbs.style.gridTemplateColumns = `repeat(${Math.max(4, perRow)}, minmax(0, 80px))`;
        this.redraw();
        this.keep(0);
    }

    redraw() {
        for (const head of this.heads ?? []) {
            const [x, y, values] = head.arrays;
            const scale = scaleOf(values, { signed: head.section.signed, stops: head.section.scale }, { safe: look.safe, log: false });
            const image = new ImageData(x.length || 1, y.length || 1);
            values.forEach((value, at) => image.data.set([...scale.of(value), 255], 4 * at));
            const small = document.createElement('canvas');
            [small.width, small.height] = [image.width, image.height];
            small.getContext('2d').putImageData(image, 0, 0);
            const context = head.canvas.getContext('2d');
            context.imageSmoothingEnabled = false;
            context.drawImage(small, 0, 0, 72, 72);
        }
    }

    keep(at) {
        this.kept = at;
        this.heads.forEach((head, index) => head.button.setAttribute('aria-selected', String(index === at)));
        this.preview(at);
    }

    preview(at) {
        if (this.shown === at) {
            return;
        }

        this.shown = at;
        const { section, hue, view } = this.heads[at];
        this.heads[at].view ??= this.enlarged(section);
        const { figure, text } = this.heads[at].view;
        figure.element.style.borderColor = hue;
        this.large.replaceChildren(figure.element, text.element);
        if (!view) {
            show(figure.element);
        }
    }

    enlarged(section) {
        const figure = new HeatmapView(this.run, section);
        const text = new AttentionText(figure);
        figure.onLook = (row, column) => text.look(row);
        return { figure, text };
    }
}

/** The tokens of the text; one is looked at, and what it attends to is shaded, or what attends to it. */
class AttentionText {
    constructor(figure) {
        this.figure = figure;
        this.toSource = true;
        this.row = null;
        this.strip = make('p', { class: 'strip', dir: 'ltr' });
        this.toggle = make('button', { type: 'button', onclick: () => this.turn() }, 'source ← destination');
        this.element = make('div', { class: 'overtext' }, make('div', { class: 'buttons' }, make('span', {}, 'Over the text:'), this.toggle), this.strip);
        whenSeen(this.element, 70, () => this.open());
    }

    async open() {
        const [x, y, values] = await arraysOf(this.figure.section);
        this.values = values;
        this.x = Array.from(x, at => strings[at]);
        this.y = Array.from(y, at => strings[at]);
        this.tokens = this.x.map((text, at) => make('span', {
            class: 'token', tabindex: 0, title: label(text),
            onpointerenter: () => this.look(this.rowOf(at)), onfocus: () => this.look(this.rowOf(at)),
        }, tokenText(text.replace(POSITION, ''))));
        this.strip.replaceChildren(...this.tokens);
        this.look(this.y.length - 1);
    }

    rowOf(column) {
        const row = this.toSource ? this.y.indexOf(this.x[column]) : column;
        return row < 0 ? null : row;
    }

    turn() {
        this.toSource = !this.toSource;
        this.toggle.textContent = this.toSource ? 'source ← destination' : 'source → destination';
        this.look(this.toSource ? this.y.length - 1 : 0);
    }

    look(row) {
        if (row === null || !this.tokens) {
            return;
        }

        const columns = this.x.length;
        this.tokens.forEach((token, at) => {
            const own = this.toSource ? this.y[row] === this.x[at] : row === at;
            const destination = this.y.indexOf(this.x[at]);
            const value = this.toSource ? this.values[row * columns + at] : destination < 0 ? NaN : this.values[destination * columns + row];
            token.classList.toggle('own', own);
            token.style.backgroundColor = Number.isNaN(value) ? 'transparent' : `rgba(251,146,60,${Math.min(1, Math.max(0, value)).toFixed(3)})`;
            token.title = `${label(this.x[at])}: ${Number.isNaN(value) ? 'N/A' : number(value)}`;
        });
    }
}
