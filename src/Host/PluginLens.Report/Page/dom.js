// Elements: texts go in as texts, never as markup.

function make(tag, properties = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(properties)) {
        if (value === undefined || value === null || value === false) {
            continue;
        }

        if (name.startsWith('on')) {
            element.addEventListener(name.slice(2), value);
        } else if (name === 'class') {
            element.className = value;
        } else {
            element.setAttribute(name, value === true ? '' : value);
        }
    }

    element.append(...children.filter(child => child !== null && child !== undefined));
    return element;
}

/** A token that can be told from others: white space visible, its id to the pointer. */
function chip(text, id, className = '') {
    const element = make('span', { class: `chip ${className}`, dir: 'ltr' }, tokenText(text));
    const title = id === undefined || id === null ? visible(text, true) : `${visible(text, true)}   id ${id}`;
    element.title = title;
    return element;
}

/** Runs once when the element comes near what is seen. */
const watcher = new IntersectionObserver(entries => {
    for (const entry of entries.filter(entry => entry.isIntersecting)) {
        show(entry.target);
    }
}, { rootMargin: '400px' });
const waiting = new Map();

/** `height`: about how high it will be, so that what is below stays where it is. */
function whenSeen(element, height, draw) {
    element.style.minHeight = `${height}px`;
    waiting.set(element, draw);
    watcher.observe(element);
}

async function show(element) {
    const draw = waiting.get(element);
    if (draw) {
        waiting.delete(element);
        watcher.unobserve(element);
        await draw();
        element.style.minHeight = '';
        element.classList.add('drawn');
    }
}

function download(name, type, content) {
    const url = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
    const link = make('a', { href: url, download: name });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

const cssColor = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
