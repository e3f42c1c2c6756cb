// Tables: typed arrays behind a table that draws the rows that are seen.

const loaded = new Map();

/** A table with its columns by name: values, and the text of a row. */
function tableOf(section) {
    if (!loaded.has(section)) {
        loaded.set(section, arraysOf(section).then(arrays => {
            const columns = section.columns.map(({ name, kind }, at) => {
                const values = arrays[at];
                const missing = kind === 'int' || kind === 'flag' ? row => values[row] === NO_INTEGER || Number.isNaN(values[row]) : kind === 'number' ? row => Number.isNaN(values[row]) : row => values[row] < 0;
                const text = kind === 'int' || kind === 'number' ? row => missing(row) ? null : shortest(values[row], values instanceof Float32Array)
                    : kind === 'flag' ? row => missing(row) ? null : values[row] === 1 ? 'true' : 'false'
                    : row => textAt(values[row]);
                return { name, kind, values, missing, text };
            });
            return { length: section.shown, columns, byName: Object.fromEntries(columns.map(column => [column.name, column])) };
        }));
    }

    return loaded.get(section);
}

/** The heat scale of activations and weights: white at 0, green at a half, red at 1 and beyond. */
const HEAT = new Scale([[0, [255, 255, 255]], [0.5, [0, 128, 0]], [1, [255, 0, 0]]]);
const HEAT_SAFE = Scale.even(BLUES, 0, 1);
const isHeat = column => column.kind === 'number' && (column.name === 'activation' || column.name === 'weight');

class TableView {
    constructor(run, section) {
        [this.run, this.section] = [run, section];
        const rows = section.shown < section.rows ? `first ${section.shown.toLocaleString('en')} of ${section.rows.toLocaleString('en')} rows; all of them: ${section.file}` : `${section.rows.toLocaleString('en')} ${section.rows === 1 ? 'row' : 'rows'}`;
        this.count = make('span', { class: 'count', 'aria-live': 'polite' }, rows);
        this.rows = rows;
        this.host = make('div', { class: 'table' });
        this.buttons = make('div', { class: 'buttons' });
        this.element = make('section', { class: 'tablebox', id: `${run.key}-table-${section.name}` },
            make('header', {}, make('h4', {}, section.name, section.complete ? null : make('span', { class: 'badge bad' }, 'incomplete')), this.count, this.buttons), this.host);
        whenSeen(this.element, 100 + 27 * Math.min(13, section.shown), () => this.open());
        views.push(this);
    }

    async open() {
        this.table = await tableOf(this.section);
        const { columns, length } = this.table;
        this.search = make('input', { type: 'search', placeholder: 'Search, or layer=3 score>0.5', 'aria-label': `Search in ${this.section.name}`, oninput: () => this.searchSoon() });
        this.ids = make('button', { type: 'button', 'aria-pressed': 'false', title: 'Columns of token ids', onclick: () => this.toggleIds() }, 'ids');
        const csv = make('button', { type: 'button', title: 'The rows here as CSV; texts that a spreadsheet would run as a formula get a \' before them', onclick: () => this.keepCsv() }, 'CSV');
        this.isId = column => column.name.endsWith('_id') && this.table.byName[column.name.slice(0, -3)]?.kind === 'token';
        this.buttons.append(this.search, ...(columns.some(this.isId) ? [this.ids] : []), csv);

        // A row is its number; its fields are read from the arrays when the table asks.
        class Row {
            constructor(i) {
                this.i = i;
            }
        }

        columns.forEach((column, at) => Object.defineProperty(Row.prototype, `c${at}`, {
            get() {
                return column.missing(this.i) ? null : column.kind === 'text' || column.kind === 'token' ? strings[column.values[this.i]] : column.values[this.i];
            },
            set() {
                // The table writes each value back when it makes its cell.
            },
        }));
        this.grid = new Tabulator(this.host, {
            data: Array.from({ length }, (_, row) => new Row(row)), columns: columns.map((column, at) => this.column(column, at)), height: length > 14 ? 420 : undefined, rowHeight: 27,
            layout: 'fitData', renderVerticalBuffer: 270, placeholder: make('span', {}, 'No row matches.'), autoResize: true, index: 'i',
        });
        await new Promise(built => this.grid.on('tableBuilt', built));
        for (const header of this.host.querySelectorAll('.tabulator-col.tabulator-sortable .tabulator-col-content')) {
            header.tabIndex = 0;
            header.setAttribute('role', 'button');
            header.addEventListener('keydown', event => {
                if (event.key === 'Enter' || event.key === ' ') {
                    event.preventDefault();
                    header.click();
                }
            });
        }
    }

    column(column, at) {
        const numeric = column.kind === 'int' || column.kind === 'number';
        const digits = column.kind === 'number' ? digitsOf(column.values) : 0;
        return {
            title: column.name, field: `c${at}`, visible: !this.isId(column), hozAlign: numeric ? 'right' : 'left', headerHozAlign: numeric ? 'right' : 'left', headerSortStartingDir: column.kind === 'number' ? 'desc' : 'asc',
            titleFormatter: () => make('span', {}, visible(column.name, false)), formatter: cell => this.cell(column, cell.getData().i, cell.getElement(), digits), sorter: compare, minWidth: 46,
            maxWidth: column.kind === 'text' ? 460 : undefined, maxInitialWidth: 420,
        };
    }

    cell(column, row, element, digits) {
        if (column.missing(row)) {
            const hasId = column.kind === 'token' && this.table.byName[`${column.name}_id`]?.missing(row) === false;
            return hasId ? chip('', this.table.byName[`${column.name}_id`].text(row)) : make('span', { class: 'none' }, '–');
        }

        if (column.kind === 'number') {
            const value = column.values[row];
            if (isHeat(column)) {
                const color = (look.safe ? HEAT_SAFE : HEAT).of(value);
                element.style.backgroundColor = css(color);
                element.style.color = ink(color);
            }

            element.title = column.text(row);
            return make('span', {}, digits === null ? (value === 0 ? '0' : value.toExponential(3)) : number(value, digits));
        }

        const text = column.text(row);
        return column.kind === 'token' ? chip(text, this.table.byName[`${column.name}_id`]?.text(row)) : column.kind === 'text' ? make('span', { title: visible(text, false) }, visible(text, false)) : make('span', {}, text);
    }

    toggleIds() {
        const on = this.ids.getAttribute('aria-pressed') !== 'true';
        this.ids.setAttribute('aria-pressed', String(on));
        this.table.columns.forEach((column, at) => {
            if (this.isId(column)) {
                on ? this.grid.showColumn(`c${at}`) : this.grid.hideColumn(`c${at}`);
            }
        });
    }

    searchSoon() {
        clearTimeout(this.timer);
        this.timer = setTimeout(() => this.find(this.search.value), 120);
    }

    /** Rows in which every word is found; a word may ask for a column: token:the, layer=3, score>0.5. */
    find(query) {
        const tests = query.trim() === '' ? [] : query.trim().split(/\s+/).map(word => this.test(word));
        if (tests.length === 0) {
            this.grid.clearFilter();
            this.count.textContent = this.rows;
            return;
        }

        const { length } = this.table;
        const found = new Uint8Array(length);
        let count = 0;
        for (let row = 0; row < length; row++) {
            if (tests.every(test => test(row))) {
                found[row] = 1;
                count++;
            }
        }

        this.grid.setFilter(row => found[row.i] === 1);
        this.count.textContent = `${count.toLocaleString('en')} of ${this.rows}`;
    }

    test(word) {
        const { columns, byName } = this.table;
        const [, name, how, asked] = /^(\w+)(<=|>=|=|<|>|:)(.+)$/.exec(word) ?? [];
        const column = name && byName[name];
        if (column && how === ':') {
            return row => column.text(row)?.toLowerCase().includes(asked.toLowerCase()) ?? false;
        }

        if (column && how === '=' && (column.kind === 'text' || column.kind === 'token' || column.kind === 'flag')) {
            return row => column.text(row)?.trim() === asked;
        }

        if (column && !Number.isNaN(Number(asked))) {
            const value = Number(asked);
            const holds = { '=': number => number === value || shortest(number, true) === asked, '<': number => number < value, '>': number => number > value, '<=': number => number <= value, '>=': number => number >= value }[how];
            return row => !column.missing(row) && holds(column.values[row]);
        }

        // A text is looked for once, not once for each row that has it.
        const low = word.toLowerCase();
        const has = new Map();
        const texts = columns.filter(column => column.kind === 'text' || column.kind === 'token');
        const numbers = columns.filter(column => column.kind === 'int');
        return row => texts.some(column => {
            const key = column.values[row];
            if (key >= 0 && !has.has(key)) {
                has.set(key, strings[key].toLowerCase().includes(low) || visible(strings[key], true).toLowerCase().includes(low));
            }

            return key >= 0 && has.get(key);
        }) || numbers.some(column => String(column.values[row]) === word);
    }

    keepCsv() {
        const field = text => text === null ? '' : /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
        const { columns, length } = this.table;
        const lines = [columns.map(column => field(column.name)).join(',')];
        const cell = (column, row) => {
            const text = column.text(row);
            return text !== null && (column.kind === 'text' || column.kind === 'token') && /^ *[=+\-@\t\r\n]/.test(text) ? field(`'${text}`) : field(text);
        };
        for (let row = 0; row < length; row++) {
            lines.push(columns.map(column => cell(column, row)).join(','));
        }

        download(`${this.run.plugin}-${this.section.name}.csv`, 'text/csv', `${lines.join('\n')}\n`);
    }

    redraw() {
        this.grid?.redraw(true);
    }

    /** On paper: the first rows as a plain table. */
    print() {
        if (!this.table || this.paper) {
            return;
        }

        const { columns, length } = this.table;
        const shown = columns.filter(column => !this.isId(column));
        const rows = Array.from({ length: Math.min(40, length) }, (_, row) => make('tr', {}, ...shown.map(column => make('td', {}, this.cell(column, row, make('td'), column.kind === 'number' ? digitsOf(column.values) : 0)))));
        this.paper = make('table', { class: 'paper' }, make('thead', {}, make('tr', {}, ...shown.map(column => make('th', {}, visible(column.name, false))))), make('tbody', {}, ...rows));
        this.element.append(this.paper, make('p', { class: 'paper hint' }, length > 40 ? `The first 40 of ${length.toLocaleString('en')} rows.` : ''));
    }
}

/** Nothing last in either direction; texts by their letters. */
function compare(one, other, oneRow, otherRow, column, direction) {
    if (one === null || other === null) {
        return one === other ? 0 : (one === null) === (direction === 'asc') ? 1 : -1;
    }

    // "10" after "9" where texts are numbers (layers, of which one is called embed).
    const [a, b] = typeof one === 'string' && one !== '' && other !== '' && !Number.isNaN(Number(one)) && !Number.isNaN(Number(other)) ? [Number(one), Number(other)] : [one, other];
    return a < b ? -1 : a > b ? 1 : 0;
}

/** One format for all numbers of a column: four decimals, six where there are small ones, powers of ten (null) where all are small or one is large. */
function digitsOf(values) {
    let [least, most] = [Infinity, 0];
    for (const value of values) {
        const size = Math.abs(value);
        if (size > 0 && Number.isFinite(size)) {
            [least, most] = [Math.min(least, size), Math.max(most, size)];
        }
    }

    return most >= 1e6 || (most < 1e-3 && most > 0) ? null : least >= 1e-3 ? 4 : 6;
}
