// Texts as people read them: white space of tokens visible, nothing that moves the cursor or turns the line around.

const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Zs}\p{Cn}\p{Co}\p{Cs}]/u;
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;
const POSITION = / \((\d+)\)$/;

/** A text with nothing in it that cannot be seen; spaces as dots where asked. */
function visible(text, spaces) {
    let shown = '';
    for (const letter of text) {
        shown += letter === ' ' ? (spaces ? '·' : ' ')
            : letter === '\n' ? '↵'
            : letter === '\t' ? '→'
            : INVISIBLE.test(letter) ? `\\u{${letter.codePointAt(0).toString(16).toUpperCase().padStart(2, '0')}}`
            : letter;
    }

    if (/^\p{M}/u.test(shown)) {
        shown = `\u25cc${shown}`;
    }

    return RIGHT_TO_LEFT.test(shown) ? `\u2068${shown}\u2069` : shown;
}

const tokenText = text => text === '' ? '\u2205' : visible(text, true);

/** A label of a figure: spaces at the ends are dots; a position behind a token, "the (3)", is not part of it. */
function label(text) {
    const position = POSITION.exec(text);
    const token = position ? text.slice(0, position.index) : text;
    const bare = token.replace(/^ +| +$/g, '');
    if (bare === '') {
        return '·'.repeat(token.length) + (position ? position[0] : '');
    }

    const before = /^ +/.exec(token)?.[0].length ?? 0;
    const after = / +$/.exec(token)?.[0].length ?? 0;
    return '·'.repeat(before) + visible(bare, false) + '·'.repeat(after) + (position ? position[0] : '');
}

/** A number in the digits that it has. */
function number(value, digits = 4) {
    if (value === null || Number.isNaN(value)) {
        return '–';
    }

    const size = Math.abs(value);
    return value === 0 ? '0' : !Number.isFinite(value) ? (value > 0 ? '∞' : '−∞') : size >= 1e-3 && size < 1e6 ? value.toFixed(digits) : value.toExponential(3);
}

/** The shortest text of a 32-bit number that reads back as it. */
function shortest(value, single) {
    if (!single || !Number.isFinite(value)) {
        return String(value);
    }

    for (let digits = 6; digits < 9; digits++) {
        const text = Number(value.toPrecision(digits));
        if (Math.fround(text) === value) {
            return String(text);
        }
    }

    return String(Number(value.toPrecision(9)));
}
