// The explorer: a form beside the views of a report. It asks the server that it came from, and nobody else.

const TOKEN = new URLSearchParams(location.search).get('token') ?? '';
const TAB = crypto.randomUUID();
const fieldOf = (name, ...children) => make('label', { class: 'field' }, make('span', {}, name), ...children);

/** Asks the server; what it refuses comes as an error of one line. */
async function ask(path, body) {
    let answer;
    try {
        answer = await fetch(path, { headers: { 'X-PluginLens-Token': TOKEN }, ...(body ? { method: 'POST', body: JSON.stringify(body) } : {}) });
    } catch {
        throw new Error('The server does not answer: pluginlens explore has ended.');
    }

    if (!answer.ok) {
        throw new Error((await answer.text()).trim() || `The server answered ${answer.status}.`);
    }

    return answer;
}

const askJson = async (path, body) => (await ask(path, body)).json();

/** A word as a shell reads it. */
const shellWord = word => /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll('\'', '\'\\\'\'')}'`;
const shellLine = words => `pluginlens ${words.map(shellWord).join(' ')}`;

/** An option of an analysis, with the input that its description asks for. */
class OptionField {
    constructor(option) {
        this.option = option;
        const known = { name: option.name, 'aria-label': `--${option.name}`, title: option.help };
        const least = option.least ?? undefined;
        this.input = option.type === 'flag' ? make('input', { ...known, type: 'checkbox' })
            : option.type === 'one of' ? make('select', known, make('option', { value: '' }, option.default ? `${option.default} (default)` : 'default'), ...option.allowed.filter(value => value !== option.default).map(value => make('option', { value }, value)))
            : option.type === 'int' || option.type === 'number' ? make('input', { ...known, type: 'number', step: option.type === 'int' ? 1 : 'any', min: least, placeholder: option.default || 'default' })
            : make('input', { ...known, type: 'text', placeholder: option.default || (option.allowed.length > 0 ? option.allowed.join(',') : option.type), autocomplete: 'off', spellcheck: 'false' });
        if (option.type === 'flag') {
            this.input.checked = option.default === 'true';
        }

        const asked = option.type === 'flag' || option.type === 'one of' ? '' : `${option.type}${least === undefined ? '' : ` ≥ ${least}`}`;
        this.element = make('label', { class: `field option${option.type === 'flag' ? ' flag' : ''}` },
            make('span', {}, make('code', {}, `--${option.name}`), make('small', {}, ` ${visible(asked, false)}`)), this.input, make('small', { class: 'help' }, visible(option.help, false)));
    }

    /** As a command line says it; the default where that says nothing. */
    set(value) {
        if (this.option.type === 'flag') {
            this.input.checked = (value ?? this.option.default) === 'true';
        } else {
            this.input.value = value === undefined || value === this.option.default && this.option.type === 'one of' ? '' : value;
        }
    }

    /** What was chosen; undefined for the default. */
    get value() {
        if (this.option.type === 'flag') {
            return this.input.checked === (this.option.default === 'true') ? undefined : this.input.checked;
        }

        return this.input.value === '' ? undefined : this.input.value;
    }
}

/** What a command line says: `--name value`, `--name=value`, or a switch. */
function saidBy(words) {
    const said = { models: [], prompts: [], options: new Map() };
    const put = (name, value) => name === 'model' ? said.models.push(value) : name === 'prompt' ? said.prompts.push(value) : said.options.set(name, value);
    for (let at = 3; at < words.length; at++) {
        const [, name, value] = /^--([^=]+)(?:=(.*))?$/s.exec(words[at]) ?? [];
        if (name) {
            put(name, value ?? (at + 1 < words.length && !words[at + 1].startsWith('--') ? words[++at] : 'true'));
        }
    }

    return said;
}

class Explorer {
    constructor(choices) {
        this.choices = choices;
        this.verdicts = new Map();
        this.fields = [];
        this.model = make('select', { id: 'model', onchange: () => this.judge() }, ...this.modelOptions(choices.model));
        this.second = make('select', { id: 'second', onchange: () => this.offer() }, make('option', { value: '' }, 'none'), ...this.modelOptions(null));
        this.secondName = make('span', {}, 'beside it');
        this.filter = make('input', { type: 'search', id: 'filter', placeholder: 'Search analyses', 'aria-label': 'Search analyses', oninput: () => this.sift() });
        this.list = make('div', { class: 'analyses', id: 'analyses', role: 'radiogroup', 'aria-label': 'Analysis' }, ...choices.analyses.map(analysis => this.row(analysis)));
        this.about = make('p', { class: 'about' });
        this.prompts = make('div', { class: 'promptlist' });
        this.options = make('div', { id: 'options' });
        this.example = make('button', { type: 'button', id: 'example', hidden: true, title: 'Fills in the first example of its page', onclick: () => this.fillIn() }, 'example');
        this.bos = make('input', { type: 'checkbox', id: 'bos' });
        this.special = make('input', { type: 'checkbox', id: 'no-special' });
        this.seed = make('input', { type: 'number', id: 'seed', step: 1, placeholder: '0' });
        this.go = make('button', { type: 'submit', id: 'run', class: 'main' }, 'Run');
        this.halt = make('button', { type: 'button', id: 'stop', hidden: true, onclick: () => this.stop() }, 'Stop');
        this.form = make('form', { onsubmit: event => {
            event.preventDefault();
            this.run();
        }, onkeydown: event => event.key === 'Enter' && (event.ctrlKey || event.metaKey) && this.form.requestSubmit() },
            fieldOf('model', this.model), make('label', { class: 'field' }, this.secondName, this.second),
            make('div', { class: 'field' }, make('span', {}, 'analysis'), this.filter, this.list), this.about,
            make('div', { class: 'field' }, make('span', {}, 'prompt'), this.prompts, make('button', { type: 'button', id: 'more-prompts', onclick: () => this.addPrompt('').focus() }, '+ prompt')),
            make('div', { class: 'actions' }, this.go, this.halt, this.example, make('small', {}, 'Ctrl+Enter runs')),
            make('details', { open: true }, make('summary', {}, 'options'), this.options),
            make('details', {}, make('summary', {}, 'tokens and seed'), make('label', { class: 'field flag' }, make('span', {}, 'beginning token before every text'), this.bos), make('label', { class: 'field flag' }, make('span', {}, 'no special tokens'), this.special), fieldOf('seed', this.seed)));
        this.status = make('p', { id: 'status', role: 'status', 'aria-live': 'polite' });
        this.bar = make('progress', { id: 'progress', hidden: true });
        this.live = make('div', { id: 'live' });
        this.result = make('div', { id: 'result' });
        this.addPrompt('');
        this.choose(choices.analyses.some(analysis => analysis.id === 'logit-lens') ? 'logit-lens' : choices.analyses[0]?.id);
    }

    modelOptions(chosen) {
        return this.choices.models.map(model => make('option', { value: model.name, selected: model.name === chosen, disabled: model.error !== null },
            model.error === null ? `${visible(model.name, false)} (${visible(model.architecture, false)}, ${model.layers} layers)` : `${visible(model.name, false)}: ${visible(model.error, false)}`));
    }

    row(analysis) {
        const input = make('input', { type: 'radio', name: 'analysis', value: analysis.id, onchange: () => this.choose(analysis.id) });
        analysis.badge = make('span', { class: 'badge' });
        analysis.why = make('small', { class: 'why' });
        analysis.input = input;
        analysis.element = make('label', { class: 'analysis', 'data-id': analysis.id }, input, make('span', {}, make('b', {}, visible(analysis.id, false)), analysis.badge, make('small', {}, visible(analysis.title, false)), analysis.why));
        return analysis.element;
    }

    addPrompt(text) {
        const input = make('textarea', { rows: 2, 'aria-label': 'Prompt', spellcheck: 'false', oninput: () => this.typed = true });
        input.value = text;
        const line = make('div', { class: 'promptline' }, input, make('button', { type: 'button', title: 'Without this prompt', 'aria-label': 'Remove prompt', onclick: () => line.remove() }, '×'));
        this.prompts.append(line);
        return input;
    }

    /** Says of each analysis how far it holds for the model. */
    async judge() {
        const model = this.model.value;
        try {
            const verdicts = await askJson(`/api/verdicts?model=${encodeURIComponent(model)}`);
            if (model !== this.model.value) {
                return;
            }

            this.verdicts = new Map(verdicts.map(verdict => [verdict.id, verdict]));
            for (const analysis of this.choices.analyses) {
                const verdict = this.verdicts.get(analysis.id);
                const none = verdict?.verdict === 'undefined' || verdict?.verdict === 'broken';
                analysis.element.classList.toggle('none', none);
                analysis.input.disabled = none;
                analysis.badge.className = `badge ${verdict?.verdict === 'exact' ? 'good' : none ? 'bad' : 'mild'}`;
                analysis.badge.textContent = verdict ? (none ? 'does not apply' : verdict.verdict) : 'in its own process';
                analysis.why.textContent = verdict && verdict.reasons.length > 0 ? visible(verdict.reasons.join('; '), false) : '';
            }

            this.offer();
        } catch (error) {
            this.fail(error);
        }
    }

    sift() {
        const words = this.filter.value.toLowerCase().split(/\s+/).filter(Boolean);
        for (const analysis of this.choices.analyses) {
            const text = `${analysis.id} ${analysis.title} ${analysis.answers}`.toLowerCase();
            analysis.element.hidden = !words.every(word => text.includes(word));
        }
    }

    async choose(id) {
        this.chosen = this.choices.analyses.find(analysis => analysis.id === id);
        if (!this.chosen) {
            return;
        }

        this.chosen.input.checked = true;
        this.about.textContent = visible(this.chosen.answers, false);
        this.options.replaceChildren();
        delete this.options.dataset.of;
        this.fields = [];
        this.description = null;
        try {
            const description = await askJson(`/api/analysis?id=${encodeURIComponent(id)}`);
            if (this.chosen.id !== id) {
                return;
            }

            this.description = description;
            this.fields = description.options.map(option => new OptionField(option));
            this.options.replaceChildren(...this.fields.map(field => field.element), ...(this.fields.length === 0 ? [make('p', { class: 'hint' }, 'It has no options.')] : []));
            this.example.hidden = !description.example;
            if (!this.typed) {
                this.setPrompts(description.example ? saidBy(description.example).prompts : []);
            }

            this.options.dataset.of = id;
            this.offer();
        } catch (error) {
            this.fail(error);
        }
    }

    setPrompts(prompts) {
        this.prompts.replaceChildren();
        (prompts.length > 0 ? prompts : ['']).forEach(prompt => this.addPrompt(prompt));
    }

    /** The example of the analysis's page: models that are here, prompts, options. */
    async fillIn() {
        const said = saidBy(this.description.example);
        const known = name => this.choices.models.some(model => model.name === name && model.error === null);
        if (known(said.models[0])) {
            this.model.value = said.models[0];
        }

        this.second.value = known(said.models[1]) ? said.models[1] : '';
        this.setPrompts(said.prompts);
        this.typed = false;
        this.bos.checked = said.options.has('bos');
        this.special.checked = said.options.has('no-special');
        this.seed.value = said.options.get('seed') ?? '';
        this.fields.forEach(field => field.set(said.options.get(field.option.name)));
        await this.judge();
    }

    /** The second model: part of the analysis, or a second run beside the first. */
    offer() {
        this.secondName.textContent = (this.description?.models ?? 1) > 1 ? 'second model of the analysis' : 'beside it, to compare';
        const verdict = this.chosen && this.verdicts.get(this.chosen.id);
        this.go.disabled = this.running || verdict?.verdict === 'undefined' || verdict?.verdict === 'broken';
    }

    say(text, kind = '') {
        this.status.className = kind;
        this.status.textContent = text;
    }

    fail(error) {
        this.say(visible(error.message, false), 'error');
    }

    formOf(models) {
        return {
            tab: TAB, analysis: this.chosen.id, models, prompts: Array.from(this.prompts.querySelectorAll('textarea'), input => input.value).filter(text => text !== ''),
            bos: this.bos.checked, 'no-special': this.special.checked, seed: this.seed.value === '' ? 0 : Number(this.seed.value),
            options: Object.fromEntries(this.fields.map(field => [field.option.name, field.value]).filter(([, value]) => value !== undefined)),
        };
    }

    /** One run, or one after the other with each of two models. */
    async run() {
        if (this.running || this.go.disabled) {
            return;
        }

        const models = [this.model.value, this.second.value].filter(Boolean);
        const forms = models.length === 2 && (this.description?.models ?? 1) === 1 && models[0] !== models[1] ? models.map(model => this.formOf([model])) : [this.formOf(models)];
        this.working(true);
        this.live.replaceChildren();
        this.clear();
        const began = performance.now();
        const ends = [];
        try {
            for (const form of forms) {
                ends.push(await this.follow(form));
                if (ends.at(-1).run === null || this.stopped) {
                    break;
                }
            }

            const done = ends.filter(end => end.run !== null);
            if (done.length > 0) {
                await this.show(done);
            }

            const wrong = ends.find(end => end.error !== null);
            this.say(wrong ? visible(wrong.error, false) : `done in ${((performance.now() - began) / 1000).toFixed(2)} s`, wrong ? 'error' : '');
        } catch (error) {
            this.fail(error);
        } finally {
            this.working(false);
            document.documentElement.dataset.runs = String(Number(document.documentElement.dataset.runs ?? 0) + 1);
        }
    }

    working(on) {
        this.running = on;
        this.stopped = false;
        this.halt.hidden = !on;
        this.bar.hidden = !on;
        this.bar.removeAttribute('value');
        this.live.hidden = !on;
        this.offer();
    }

    /** What the run says while it runs. */
    async follow(form) {
        const answer = await ask('/api/run', form);
        const lines = answer.body.pipeThrough(new TextDecoderStream()).getReader();
        let [rest, command] = ['', null];
        this.say(`${form.models.map(model => visible(model, false)).join(' and ')} …`);
        for (;;) {
            const { done, value } = await lines.read();
            if (done) {
                throw new Error('The server ended in the middle of the run.');
            }

            const parts = (rest + value).split('\n');
            rest = parts.pop();
            for (const message of parts.map(part => JSON.parse(part))) {
                if (message.command) {
                    ({ command } = message);
                } else if ('run' in message) {
                    return { ...message, command };
                } else {
                    this.hear(message);
                }
            }
        }
    }

    hear(message) {
        if (message.waits) {
            this.say('waits for the run of another window …');
        } else if (message.table) {
            this.hearRows(message);
        } else if (message.figure) {
            this.live.append(make('p', { class: 'hint' }, `figure: ${label(message.figure)}`));
        } else if (message.total > 0) {
            this.bar.max = message.total;
            this.bar.value = message.done;
            this.say(visible(message.what, false));
        }
    }

    /** The newest rows of a table while it grows. */
    hearRows({ table, count, columns, rows }) {
        const id = `live-${table}`;
        const cell = (value, { kind }) => value === null ? '–' : kind === 'token' ? chip(String(value)) : kind === 'number' && typeof value === 'number' ? number(value) : visible(String(value), false);
        const shown = columns.map((column, at) => [column, at]).filter(([column]) => !column.name.endsWith('_id'));
        const element = make('section', { class: 'tablebox', id }, make('h4', {}, `${visible(table, false)}: ${count.toLocaleString('en')} rows so far`), make('div', { class: 'scroll' }, make('table', { class: 'rows' },
            make('thead', {}, make('tr', {}, ...shown.map(([column]) => make('th', {}, visible(column.name, false))))),
            make('tbody', {}, ...rows.map(row => make('tr', {}, ...shown.map(([column, at]) => make('td', {}, cell(row[at], column)))))))));
        const before = document.getElementById(id);
        before ? before.replaceWith(element) : this.live.append(element);
    }

    async stop() {
        this.stopped = true;
        try {
            await ask('/api/stop', { tab: TAB });
        } catch (error) {
            this.fail(error);
        }
    }

    /** Nothing of the run before stays. */
    clear() {
        for (const view of views) {
            view.chart?.dispose();
            view.grid?.destroy?.();
        }

        views.length = 0;
        matrices.length = 0;
        waiting.clear();
        watcher.disconnect();
        loaded.clear();
        came.clear();
        tip.hide();
        this.result.replaceChildren();
    }

    /** The views of the report, of one run or of two beside each other. */
    async show(ends) {
        for (const [name, data] of Object.entries(await askJson(`/api/runs?${ends.map(end => `id=${end.run}`).join('&')}`))) {
            came.set(name, data);
        }

        strings = JSON.parse(await textOf('strings'));
        const runs = JSON.parse(await textOf('runs'));
        const sections = runs.map((run, at) => make('div', { class: 'side' }, this.keeping(ends[at], at), sectionOf(run, at, true).element));
        this.live.hidden = true;
        this.result.replaceChildren(make('div', { class: sections.length > 1 ? 'sides' : '' }, ...sections));
        if (ends.length > 1 && ends.every(end => end.status === 'complete')) {
            this.result.append(new DiffView(await askJson(`/api/diff?id=${ends[0].run}&id=${ends[1].run}`)).element);
        }
    }

    /** The command line that does the same, and a folder for the run. */
    keeping(end, at) {
        const line = shellLine(end.command);
        const said = make('small', { role: 'status' });
        const name = make('input', { type: 'text', placeholder: 'folder name', 'aria-label': 'Folder name', value: `${this.chosen.id}-${end.run}`, autocomplete: 'off' });
        const copy = make('button', { type: 'button', class: 'copy', onclick: async () => {
            await navigator.clipboard.writeText(line);
            said.textContent = 'copied';
        } }, 'copy');
        const keep = make('button', { type: 'button', class: 'keep', onclick: async () => {
            try {
                const { folder } = await askJson('/api/keep', { run: end.run, name: name.value });
                said.textContent = `kept in ${visible(folder, false)}`;
                said.className = '';
            } catch (error) {
                said.textContent = visible(error.message, false);
                said.className = 'error';
            }
        } }, 'keep as folder');
        return make('div', { class: 'keeping', id: `keeping-${at}` }, make('code', { class: 'wrap command' }, visible(line, false)), copy, name, keep, said);
    }
}

/** What differs between two runs, as the command line's diff says it. */
class DiffView {
    constructor(diff) {
        this.element = make('section', { class: 'tablebox', id: 'diff' }, make('h3', {}, 'What differs'),
            ...['tables', 'columns', 'lists', 'rows'].filter(name => (diff[name] ?? []).length > 0).map(name => this.table(name, diff[name])),
            make('ul', { class: 'lines' }, ...(diff.notes ?? []).map(note => make('li', {}, visible(note, false)))));
    }

    table(name, rows) {
        const columns = Object.keys(rows[0]);
        const cell = value => value === null ? '–' : typeof value === 'number' ? (Number.isInteger(value) ? String(value) : number(value)) : visible(String(value), false);
        return make('div', { class: 'scroll' }, make('h4', {}, name), make('table', { class: 'rows', id: `diff-${name}` },
            make('thead', {}, make('tr', {}, ...columns.map(column => make('th', {}, visible(column, false))))),
            make('tbody', {}, ...rows.map(row => make('tr', {}, ...columns.map(column => make('td', {}, cell(row[column]))))))));
    }
}

async function start() {
    document.body.append(make('header', { class: 'top' }, make('h1', {}, 'PluginLens: explore'), bar()));
    const page = document.body.appendChild(make('div', { class: 'page explore' }));
    try {
        const choices = await askJson('/api/choices');
        const explorer = new Explorer(choices);
        page.append(make('nav', { 'aria-label': 'What to run' }, explorer.form),
            make('main', {}, make('div', { class: 'statusline' }, explorer.status, explorer.bar), explorer.live, explorer.result, make('ul', { class: 'lines' }, ...choices.faults.map(fault => make('li', { class: 'warning' }, visible(fault, false))))));
        await explorer.judge();
        explorer.chosen?.element.scrollIntoView({ block: 'nearest' });
        document.documentElement.dataset.ready = 'true';
    } catch (error) {
        page.append(make('p', { class: 'error' }, visible(error.message, false)));
    }
}

start();
