// A matrix of cells on a canvas: heat maps of any size and grids of tokens. Only what is seen is drawn; labels stay at the edges.

const FONT = '11px "DejaVu Sans", system-ui, sans-serif';
const MONO = '11px "DejaVu Sans Mono", ui-monospace, Menlo, Consolas, monospace';
const measure = document.createElement('canvas').getContext('2d');

function widthOf(text, font = FONT) {
    measure.font = font;
    return measure.measureText(text).width;
}

/** A text cut so that it fits; a position behind a token stays. */
function fit(text, width, font = FONT) {
    if (widthOf(text, font) <= width) {
        return text;
    }

    const end = `…${POSITION.exec(text)?.[0] ?? ''}`;
    const letters = [...text];
    let [low, high] = [0, letters.length];
    while (low < high) {
        const middle = (low + high + 1) >> 1;
        [low, high] = widthOf(letters.slice(0, middle).join('') + end, font) <= width ? [middle, high] : [low, middle - 1];
    }

    return letters.slice(0, low).join('') + end;
}

/** Every matrix of the page. */
const matrices = [];

class Matrix {
    /**
     * spec: columns, rows, x, y (labels), xTitle, yTitle, value(row, column), color(value, row, column), text?(row, column), tip(row, column),
     * says(row, column), isMarked?(row, column), onLook?(row, column), name.
     */
    constructor(spec) {
        this.spec = spec;
        this.canvas = make('canvas');
        this.space = make('div', { class: 'space' });
        this.view = make('div', { class: 'view', tabindex: 0, role: 'img', 'aria-label': `${spec.name}. Arrow keys move from cell to cell.` }, this.canvas, this.space);
        this.status = make('p', { class: 'status', 'aria-live': 'polite' });
        this.element = make('div', { class: 'matrix' }, this.view, this.status);
        [this.cell, this.locked] = [null, false];
        matrices.push(this);
        this.view.addEventListener('scroll', () => this.draw());
        this.canvas.addEventListener('pointermove', event => this.hover(event));
        this.canvas.addEventListener('pointerleave', () => this.leave());
        this.canvas.addEventListener('click', event => this.click(event));
        this.view.addEventListener('keydown', event => this.key(event));
        new ResizeObserver(() => this.layout()).observe(this.element);
    }

    /** Colours anew: of another scale or theme. */
    paint() {
        const { rows, columns } = this.spec;
        this.bitmap = null;
        if (!this.spec.text && rows * columns > 0) {
            const image = new ImageData(columns, rows);
            for (let row = 0, at = 0; row < rows; row++) {
                for (let column = 0; column < columns; column++, at += 4) {
                    const color = this.spec.color(this.spec.value(row, column), row, column);
                    image.data[at] = color[0];
                    image.data[at + 1] = color[1];
                    image.data[at + 2] = color[2];
                    image.data[at + 3] = 255;
                }
            }

            this.bitmap = document.createElement('canvas');
            [this.bitmap.width, this.bitmap.height] = [columns, rows];
            this.bitmap.getContext('2d').putImageData(image, 0, 0);
        }

        this.layout();
    }

    zoom(factor) {
        this.factor = Math.min(16, Math.max(0.25, (this.factor ?? 1) * factor));
        this.layout();
    }

    layout() {
        const { spec } = this;
        const width = this.element.clientWidth;
        if (width === 0) {
            return;
        }

        const longest = (labels, most) => labels.length === 0 ? 0 : Math.min(most, Math.max(...(labels.length > 400 ? [...labels.slice(0, 200), ...labels.slice(-200)] : labels).map(text => widthOf(text))));
        const narrow = width < 520;
        this.left = Math.ceil(longest(spec.y, narrow ? 74 : 170)) + 30;
        const room = Math.max(80, width - this.left - 2);
        const factor = this.factor ?? 1;
        if (spec.text) {
            this.cellWidth = Math.round(Math.min(120, Math.max(spec.least ?? 34, spec.widest ?? 0)) * factor);
            this.cellHeight = Math.round(22 * Math.min(2, factor));
        } else {
            const base = Math.min(30, Math.max(1, Math.min(room / spec.columns, 560 / Math.max(spec.rows, Math.min(spec.columns, 40)))));
            this.cellWidth = this.cellHeight = Math.max(1, (base >= 3 ? Math.floor(base) : base) * factor);
        }

        // Labels of columns stand upright where they fit, lie across where they do not, and are counted where there is no room at all.
        const longestX = longest(spec.x, 110);
        this.turned = longestX + 6 > this.cellWidth && !(spec.text && this.cellWidth >= 60);
        this.bottom = (this.turned ? (this.cellWidth >= 10 ? Math.ceil(longestX) + 10 : 20) : 20) + 20;
        const [inner, down] = [this.left + this.cellWidth * spec.columns + 2, this.cellHeight * spec.rows + 2];
        this.space.style.width = `${inner}px`;
        this.space.style.height = `${down + this.bottom}px`;
        this.width = Math.min(width, Math.ceil(inner));
        this.height = Math.min(Math.max(320, Math.min(innerHeight * 0.8, 720)), Math.ceil(down + this.bottom));
        this.view.style.width = `${this.width + (down + this.bottom > this.height ? 16 : 0)}px`;
        this.view.style.height = `${this.height + (inner > width ? 16 : 0)}px`;
        const ratio = Math.min(3, devicePixelRatio || 1);
        [this.canvas.width, this.canvas.height] = [this.width * ratio, this.height * ratio];
        [this.canvas.style.width, this.canvas.style.height] = [`${this.width}px`, `${this.height}px`];
        this.context = this.canvas.getContext('2d');
        this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
        this.draw();
    }

    draw() {
        const { context, spec, left, bottom, cellWidth, cellHeight } = this;
        if (!context) {
            return;
        }

        const [offsetX, offsetY] = [this.view.scrollLeft, this.view.scrollTop];
        const [right, base] = [Math.min(this.width, left + cellWidth * spec.columns - offsetX), Math.min(this.height - bottom, cellHeight * spec.rows - offsetY)];
        const [text, faint] = [cssColor('--text'), cssColor('--muted')];
        context.clearRect(0, 0, this.width, this.height);
        context.save();
        context.beginPath();
        context.rect(left, 0, Math.max(0, right - left), Math.max(0, base));
        context.clip();
        const firstColumn = Math.max(0, Math.floor(offsetX / cellWidth)), lastColumn = Math.min(spec.columns, Math.ceil((offsetX + right - left) / cellWidth));
        const firstRow = Math.max(0, Math.floor(offsetY / cellHeight)), lastRow = Math.min(spec.rows, Math.ceil((offsetY + base) / cellHeight));
        if (this.bitmap) {
            context.imageSmoothingEnabled = false;
            context.drawImage(this.bitmap, firstColumn, firstRow, lastColumn - firstColumn, lastRow - firstRow,
                left + firstColumn * cellWidth - offsetX, firstRow * cellHeight - offsetY, (lastColumn - firstColumn) * cellWidth, (lastRow - firstRow) * cellHeight);
            if (cellWidth >= 9) {
                context.strokeStyle = 'rgba(128,128,128,.25)';
                context.beginPath();
                for (let column = firstColumn; column <= lastColumn; column++) {
                    const x = Math.round(left + column * cellWidth - offsetX) + 0.5;
                    context.moveTo(x, 0);
                    context.lineTo(x, base);
                }

                for (let row = firstRow; row <= lastRow; row++) {
                    const y = Math.round(row * cellHeight - offsetY) + 0.5;
                    context.moveTo(left, y);
                    context.lineTo(right, y);
                }

                context.stroke();
            }
        }

        context.textBaseline = 'middle';
        for (let row = firstRow; row < lastRow; row++) {
            for (let column = firstColumn; column < lastColumn; column++) {
                const [x, y] = [left + column * cellWidth - offsetX, row * cellHeight - offsetY];
                if (spec.text) {
                    const words = spec.text(row, column);
                    const color = spec.color(spec.value(row, column), row, column, words);
                    if (color) {
                        context.fillStyle = css(color);
                        context.fillRect(x, y, cellWidth - 1, cellHeight - 1);
                    }

                    context.font = MONO;
                    context.textAlign = 'center';
                    context.fillStyle = color ? ink(color) : text;
                    context.fillText(fit(words, cellWidth - 6, MONO), x + cellWidth / 2, y + cellHeight / 2);
                }

                if (spec.isMarked?.(row, column)) {
                    context.strokeStyle = '#d00000';
                    context.lineWidth = 2;
                    context.strokeRect(x + 1, y + 1, cellWidth - 2, cellHeight - 2);
                    context.lineWidth = 1;
                }
            }
        }

        if (this.cell) {
            const [row, column] = this.cell;
            const [x, y] = [left + column * cellWidth - offsetX, row * cellHeight - offsetY];
            context.lineWidth = this.locked ? 3 : 2;
            context.strokeStyle = '#ffffff';
            context.strokeRect(x - 1, y - 1, cellWidth + 2, cellHeight + 2);
            context.strokeStyle = this.locked ? '#d00000' : '#111111';
            context.strokeRect(x, y, cellWidth, cellHeight);
            context.lineWidth = 1;
        }

        context.restore();
        context.strokeStyle = faint;
        context.strokeRect(left - 0.5, 0.5, Math.max(0, right - left), Math.max(0, base - 0.5));
        this.labels(context, { text, faint, right, base, offsetX, offsetY, firstRow, lastRow, firstColumn, lastColumn });
    }

    labels(context, { text, faint, right, base, offsetX, offsetY, firstRow, lastRow, firstColumn, lastColumn }) {
        const { spec, left, bottom, cellWidth, cellHeight } = this;
        const every = size => size >= 12 ? 1 : Math.ceil(26 / size / 5) * 5;
        context.font = FONT;
        context.textAlign = 'right';
        const stepY = every(cellHeight);
        for (let row = Math.ceil(firstRow / stepY) * stepY; row < lastRow; row += stepY) {
            const y = (row + 0.5) * cellHeight - offsetY;
            if (y > 5 && y < base) {
                context.fillStyle = this.cell?.[0] === row ? '#d06000' : text;
                context.fillText(fit(spec.y[row], left - 28), left - 6, y);
            }
        }

        const stepX = this.turned && cellWidth < 10 ? Math.ceil(44 / cellWidth / 5) * 5 : 1;
        for (let column = Math.ceil(firstColumn / stepX) * stepX; column < lastColumn; column += stepX) {
            const x = left + (column + 0.5) * cellWidth - offsetX;
            if (x < left || x > right) {
                continue;
            }

            context.fillStyle = this.cell?.[1] === column ? '#d06000' : text;
            if (this.turned && cellWidth >= 10) {
                context.save();
                context.translate(x, base + 5);
                context.rotate(-Math.PI / 2);
                context.textAlign = 'right';
                context.fillText(fit(spec.x[column], bottom - 28), 0, 0);
                context.restore();
            } else {
                context.textAlign = 'center';
                context.fillText(fit(spec.x[column], Math.max(40, cellWidth - 4)), x, base + 12);
            }
        }

        context.fillStyle = faint;
        context.textAlign = 'center';
        context.fillText(fit(spec.xTitle, Math.max(60, right - left)), Math.min(this.width - 60, left + (right - left) / 2), this.height - 9);
        context.save();
        context.translate(10, Math.max(base / 2, 20));
        context.rotate(-Math.PI / 2);
        context.fillText(fit(spec.yTitle, Math.max(base, 60)), 0, 0);
        context.restore();
    }

    cellAt(event) {
        const box = this.canvas.getBoundingClientRect();
        const [x, y] = [event.clientX - box.left, event.clientY - box.top];
        const [column, row] = [Math.floor((x - this.left + this.view.scrollLeft) / this.cellWidth), Math.floor((y + this.view.scrollTop) / this.cellHeight)];
        return x >= this.left && y < this.height - this.bottom && row >= 0 && row < this.spec.rows && column >= 0 && column < this.spec.columns ? [row, column] : null;
    }

    hover(event) {
        const cell = this.cellAt(event);
        if (!cell) {
            this.leave();
            return;
        }

        tip.show(event.clientX, event.clientY, ...this.spec.tip(...cell));
        if (!this.locked) {
            this.look(cell);
        }
    }

    leave() {
        tip.hide();
        if (!this.locked) {
            this.look(null);
        }
    }

    click(event) {
        const cell = this.cellAt(event);
        this.view.focus({ preventScroll: true });
        this.locked = cell !== null && !(this.locked && this.cell && this.cell[0] === cell[0] && this.cell[1] === cell[1]);
        this.look(cell);
    }

    key(event) {
        const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
        if (step && this.spec.rows * this.spec.columns > 0) {
            event.preventDefault();
            const [row, column] = this.cell ?? [0, -step[1]];
            this.locked = true;
            this.look([Math.min(this.spec.rows - 1, Math.max(0, row + step[0])), Math.min(this.spec.columns - 1, Math.max(0, column + step[1]))]);
            this.reveal();
        } else if (event.key === 'Escape') {
            this.locked = false;
            this.look(null);
        }
    }

    /** Scrolls until the cell is seen. */
    reveal() {
        const [row, column] = this.cell;
        const [x, y] = [column * this.cellWidth, row * this.cellHeight];
        const [across, down] = [this.width - this.left, this.height - this.bottom];
        this.view.scrollLeft = Math.min(x, Math.max(this.view.scrollLeft, x + this.cellWidth - across));
        this.view.scrollTop = Math.min(y, Math.max(this.view.scrollTop, y + this.cellHeight - down));
    }

    look(cell) {
        if (cell?.[0] === this.cell?.[0] && cell?.[1] === this.cell?.[1] && !this.locked) {
            return;
        }

        this.cell = cell;
        this.status.textContent = cell ? this.spec.says(...cell) + (this.locked ? ' (kept; click again or Esc lets go)' : '') : '';
        this.spec.onLook?.(...(cell ?? [null, null]));
        this.draw();
    }
}
