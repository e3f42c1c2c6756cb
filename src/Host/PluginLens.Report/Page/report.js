// A report: everything is in the page.

async function start() {
    strings = JSON.parse(await textOf('strings'));
    const runs = JSON.parse(await textOf('runs'));
    const sections = runs.map((run, at) => sectionOf(run, at, runs.length <= 8));
    document.body.append(
        make('header', { class: 'top' }, make('h1', {}, document.title), bar()),
        make('div', { class: 'page' },
            make('nav', { 'aria-label': 'Contents' }, make('details', { open: innerWidth > 900 }, make('summary', {}, 'Contents'), make('ul', {}, ...sections.map(section => section.contents)))),
            make('main', {}, ...sections.map(section => section.element))));
    if (location.hash) {
        goTo(location.hash.slice(1));
    }

    document.documentElement.dataset.ready = 'true';
}

start();
