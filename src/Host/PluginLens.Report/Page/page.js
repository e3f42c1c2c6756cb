// The page: contents, runs, switches.

const views = [];

function viewOf(run, section) {
    if (section.kind === 'chart') {
        return new ChartView(run, section);
    }

    if (section.kind === 'scatter') {
        return new ScatterView(run, section);
    }

    if (section.kind === 'token-grid') {
        return section.xTitle === 'distance from that token' ? new NeuronTextView(run, section) : new TokenGridView(run, section);
    }

    const assignment = section.name.startsWith('similarity-') && run.figures.find(other => other.name === section.name.replace('similarity-', 'assignment-') && String(other.arrays) === String(section.arrays));
    return assignment ? new AlignmentView(run, section, assignment) : new HeatmapView(run, section);
}

/** Heat maps of heads of the same text are one grid. */
function figuresOf(run) {
    const elements = [];
    const grids = new Map();
    for (const section of run.figures) {
        const parts = section.kind === 'heatmap' && section.xTitle === 'source token' && HEAD.exec(section.name);
        if (parts) {
            const key = `${parts[1]}${parts[4] ?? ''}`;
            if (grids.has(key)) {
                grids.get(key).push(section);
                continue;
            }

            grids.set(key, [section]);
            elements.push({ name: section.title.replace(/ of L\d+H\d+/, ' of heads'), key, sections: grids.get(key), element: null });
        } else {
            elements.push({ name: section.title, element: viewOf(run, section).element });
        }
    }

    for (const grid of elements.filter(entry => entry.sections)) {
        grid.element = new HeadGrid(run, grid.name, grid.sections).element;
        grid.element.id = `${run.key}-heads-${grid.key}`;
    }

    return elements;
}

function modelName(model) {
    return `${model.name}${model.processing && model.processing !== 'raw' ? ` (${model.processing})` : ''}`;
}

function provenance(run) {
    const rows = [];
    const row = (name, value) => value !== null && value !== undefined && value !== '' && rows.push(make('tr', {}, make('th', { scope: 'row' }, name), make('td', {}, value)));
    const quoted = word => /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll('\'', '\'\\\'\'')}'`;
    row('command', make('code', { class: 'wrap' }, visible(`pluginlens ${run.command_line.map(quoted).join(' ')}`, false)));
    for (const model of [run.model, ...(run.further_models ?? [])].filter(Boolean)) {
        row('model', `${visible(modelName(model), false)}, ${model.architecture}${model.weights ? `, weights ${model.weights}` : ''}`);
        row('sha256', model.sha256 && make('code', { class: 'wrap' }, model.sha256));
    }

    row('plugin', `${run.plugin} ${run.plugin_version ?? ''}, contract ${run.contract_version ?? ''}, host ${run.host_version ?? ''}`);
    row('options', make('code', { class: 'wrap' }, visible(Object.entries(run.options ?? {}).map(([name, value]) => `--${name} ${value === null ? '(none)' : Array.isArray(value) ? value.join(',') : value}`).join('  '), false)));
    row('verdict', [run.verdict, ...(run.verdict_reasons ?? [])].join('; '));
    row('device', `${run.device}, ${run.threads} threads, seed ${run.seed}`);
    row('started', `${run.started}, ${number(run.wall_seconds, 2)} s`);
    const prompts = run.inputs === null ? [`${run.prompts} private prompts`] : (run.inputs ?? []).map(input => visible(input.text ?? (input.ids ?? []).join(' '), false));
    if (run.prompts > 0) {
        row('prompts', make('ol', { class: 'prompts', start: 0 }, ...prompts.slice(0, 50).map(text => make('li', {}, text)), ...(run.prompts > 50 ? [make('li', {}, `… ${run.prompts} in all`)] : [])));
    }

    return make('details', { class: 'provenance' }, make('summary', {}, 'Where this comes from'), make('table', {}, make('tbody', {}, ...rows)));
}

function sectionOf(run, at, few) {
    run.key = `run${at}`;
    const lines = (list, kind) => (list ?? []).map(line => make('li', { class: kind }, visible(line, false)));
    const badge = run.status === 'complete' ? null : make('span', { class: 'badge bad' }, run.status);
    const figures = figuresOf(run);
    const neurons = run.tables.filter(table => NeuronPage.lists(table.columns).length > 0).map(table => new NeuronPage(run, table).element);
    const tables = run.tables.map(table => new TableView(run, table).element);
    const models = [run.model, ...(run.further_models ?? [])].filter(Boolean).map(modelName).join(', ');
    const element = make('article', { class: 'run', id: run.key },
        make('h2', {}, run.plugin, ' ', make('span', { class: 'model' }, visible(models, false)), badge, make('span', { class: `badge ${run.verdict === 'exact' ? 'good' : 'mild'}` }, run.verdict ?? '')),
        make('ul', { class: 'lines' }, ...lines(run.error ? [run.error] : [], 'error'), ...lines(run.warnings, 'warning'), ...lines(run.notes, 'note')),
        provenance(run), make('div', { class: 'figures' }, ...figures.map(figure => figure.element)), ...neurons, ...tables);
    const link = (id, text) => make('li', {}, make('a', { href: `#${id}`, onclick: () => goTo(id) }, text));
    const contents = make('li', {}, make('details', { open: few }, make('summary', {}, make('a', { href: `#${run.key}` }, run.plugin), make('small', {}, ` ${visible(models, false)}`)), make('ul', {},
        ...figures.map(figure => link(figure.element.id, label(figure.name))), ...run.tables.map(table => link(`${run.key}-table-${table.name}`, `${table.name} (${table.rows.toLocaleString('en')})`)))));
    return { element, contents };
}

/** Goes to a figure or table, and stays with it while what is above it is drawn. */
async function goTo(id) {
    const element = document.getElementById(id);
    if (!element) {
        return;
    }

    await show(element);
    let stop = false;
    addEventListener('wheel', () => stop = true, { once: true });
    for (let times = 0; times < 12 && !stop; times++) {
        element.scrollIntoView();
        await new Promise(later => setTimeout(later, 60));
    }
}

function redrawAll() {
    for (const view of views) {
        if (view.arrays || view.grid || view.heads) {
            view.redraw();
        }
    }
}

function bar() {
    const root = document.documentElement;
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const isDark = () => root.dataset.theme ? root.dataset.theme === 'dark' : dark.matches;
    const theme = make('button', { type: 'button', id: 'theme', onclick: () => {
        root.dataset.theme = isDark() ? 'light' : 'dark';
        named();
        redrawAll();
    } });
    const named = () => theme.textContent = isDark() ? '☀ light' : '☾ dark';
    dark.addEventListener('change', () => {
        named();
        redrawAll();
    });
    named();
    const safe = make('button', { type: 'button', id: 'safe', 'aria-pressed': 'false', title: 'Colours that are told apart without red and green', onclick: () => {
        look.safe = !look.safe;
        safe.setAttribute('aria-pressed', String(look.safe));
        redrawAll();
    } }, 'colour-blind safe');
    const paper = make('button', { type: 'button', id: 'print', title: 'Draws everything, then prints', onclick: async () => {
        for (const element of [...waiting.keys()]) {
            await show(element);
        }

        window.print();
    } }, 'print');
    addEventListener('beforeprint', () => views.forEach(view => view.print?.()));
    return make('div', { class: 'buttons' }, theme, safe, paper);
}
