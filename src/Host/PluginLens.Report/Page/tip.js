// One box beside the pointer.

const tip = {
    element: null,
    show(x, y, ...content) {
        this.element ??= document.body.appendChild(make('div', { class: 'tip', role: 'tooltip' }));
        this.element.replaceChildren(...content);
        this.element.hidden = false;
        const { offsetWidth: width, offsetHeight: height } = this.element;
        this.element.style.left = `${Math.max(4, x + 16 + width > innerWidth ? x - width - 12 : x + 16)}px`;
        this.element.style.top = `${Math.max(4, y + 16 + height > innerHeight ? y - height - 12 : y + 16)}px`;
    },
    hide() {
        if (this.element) {
            this.element.hidden = true;
        }
    },
};

addEventListener('scroll', () => tip.hide(), { passive: true, capture: true });

/** Lines of names and values. */
function tipLines(lines) {
    return make('dl', {}, ...lines.flatMap(([name, value]) => [make('dt', {}, name), make('dd', {}, value)]));
}

/** "the 0.9, a 0.1" as a list with bars; any other text as it is. */
function detailOf(text) {
    const entry = /([^]*?) (-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)(?:, |$)/y;
    const found = [];
    while (entry.lastIndex < text.length) {
        const match = entry.exec(text);
        if (!match) {
            return make('p', {}, visible(text, false));
        }

        found.push([match[1], Number(match[2]), match[2]]);
    }

    const most = Math.max(...found.map(([, value]) => Math.abs(value)), 1e-30);
    return make('ol', { class: 'ranks' }, ...found.map(([token, value, written]) => {
        const bar = make('i', {});
        bar.style.width = `${Math.round(80 * Math.abs(value) / most)}px`;
        return make('li', {}, make('code', {}, tokenText(token)), make('span', {}, written), bar);
    }));
}
