// Neurons: the words that they are like, red and green, and their activations over texts.

const GREEN = [16, 150, 105];
const RED = [214, 60, 60];
const shade = (color, share) => `rgba(${color.join(',')},${share.toFixed(3)})`;

/** How strong a colour is: by the logarithm, with a floor, so that small activations are seen too. */
function strength(value, most) {
    return value === 0 || most === 0 ? 0 : Math.min(0.85, 0.08 + 0.77 * Math.log1p(9 * Math.abs(value) / most) / Math.log(10));
}

/** Texts at which a neuron is most active: a token grid whose columns are distances, read as lines of text. */
class NeuronTextView extends FigureView {
    build() {
        const [x, y, texts, values] = this.arrays;
        const columns = x.length;
        const most = values.reduce((top, value) => Number.isNaN(value) ? top : Math.max(top, Math.abs(value)), 0);
        const centre = this.labels(0).indexOf('0');
        const lines = Array.from(y, (text, row) => make('li', {}, make('span', { class: 'where' }, label(strings[text])), make('p', { class: 'strip', dir: 'ltr' },
            ...Array.from({ length: columns }, (_, column) => row * columns + column).filter(at => strings[texts[at]] !== '').map(at => {
                const token = make('span', { class: at % columns === centre ? 'token peak' : 'token', title: `${tokenText(strings[texts[at]])}: ${number(values[at])}`, tabindex: -1 }, tokenText(strings[texts[at]]));
                token.style.backgroundColor = Number.isNaN(values[at]) ? 'transparent' : shade(values[at] < 0 ? RED : GREEN, strength(values[at], most));
                return token;
            }))));
        this.body.replaceChildren(make('ol', { class: 'texts' }, ...lines));
        this.legend.replaceChildren(make('span', { class: 'hint' }, `green: active, red: negative; the strongest here is ${number(most)}; the token that counts is framed`));
    }

    redraw() {
    }
}

/** The lists of one neuron at a time, of a table with a row for each word. */
class NeuronPage {
    /** Columns of tokens with their scores, where a table has them. */
    static lists(columns) {
        const names = columns.map(column => column.name);
        if (!names.includes('layer') || !names.includes('neuron') || !names.includes('rank')) {
            return [];
        }

        return columns.filter(column => column.kind === 'token').map(column => [column.name, names.includes(`${column.name}_score`) ? `${column.name}_score` : 'score']).filter(([, score]) => names.includes(score));
    }

    constructor(run, section) {
        [this.run, this.section] = [run, section];
        this.choice = make('select', { 'aria-label': 'Neuron', onchange: () => this.choose() });
        this.lists = make('div', { class: 'lists' });
        this.activations = make('div', { class: 'activations' });
        this.element = make('section', { class: 'figure neurons', id: `${run.key}-neurons-${section.name}` },
            make('figcaption', {}, make('h4', {}, `Neurons of ${section.name}`), make('div', { class: 'buttons' }, make('label', {}, 'neuron ', this.choice))), this.lists, this.activations);
        whenSeen(this.element, 330, () => this.open());
    }

    async open() {
        this.table = await tableOf(this.section);
        this.rows = new Map();
        const { layer, neuron } = this.table.byName;
        for (let row = 0; row < this.table.length; row++) {
            const key = `L${layer.values[row]}N${neuron.values[row]}`;
            this.rows.get(key)?.push(row) ?? this.rows.set(key, [row]);
        }

        const wanted = ['layer', 'neuron', 'position', 'input', 'activation'];
        const active = this.run.tables.filter(table => table !== this.section && wanted.every(name => table.columns.some(column => column.name === name))).sort((one, other) => other.rows - one.rows)[0];
        this.active = active && await tableOf(active);
        this.choice.append(...Array.from(this.rows.keys()).slice(0, 5000).map(key => make('option', {}, key)));
        this.choose();
    }

    choose() {
        const rows = this.rows.get(this.choice.value) ?? [];
        const { byName } = this.table;
        const side = byName.side ?? byName.end;
        const groups = new Map();
        for (const [token, score] of NeuronPage.lists(this.section.columns)) {
            for (const row of rows) {
                const name = [side?.text(row), token === 'token' ? null : token].filter(Boolean).join(' ') || 'words';
                const list = groups.get(name) ?? groups.set(name, []).get(name);
                list.push({ text: byName[token].text(row), id: byName[`${token}_id`]?.values[row], value: byName[score].values[row] });
            }
        }

        const lists = Array.from(groups, ([name, words]) => {
            const most = Math.max(...words.map(word => Math.abs(word.value)));
            return make('div', { class: 'list' }, make('h5', {}, name), make('ol', {}, ...words.slice(0, 20).map(word => {
                const value = make('span', {}, number(word.value, 2));
                value.style.backgroundColor = shade(word.value < 0 ? RED : GREEN, strength(word.value, most) * 0.7);
                return make('li', {}, chip(word.text ?? '', word.id), value);
            })));
        });
        this.lists.replaceChildren(...lists);
        this.overText();
    }

    overText() {
        if (!this.active) {
            return;
        }

        const { byName, length } = this.active;
        const found = [];
        for (let row = 0; row < length; row++) {
            if (`L${byName.layer.values[row]}N${byName.neuron.values[row]}` === this.choice.value) {
                found.push(row);
            }
        }

        const most = found.reduce((top, row) => Math.max(top, Math.abs(byName.activation.values[row])), 0);
        this.activations.replaceChildren(make('p', { class: 'strip', dir: 'ltr' }, ...found.slice(0, 2000).map(row => {
            const value = byName.activation.values[row];
            const token = make('span', { class: 'token', title: `position ${byName.position.values[row]}: ${number(value)}` }, tokenText(byName.input.text(row) ?? ''));
            token.style.backgroundColor = shade(value < 0 ? RED : GREEN, strength(value, most));
            return token;
        })));
    }
}
