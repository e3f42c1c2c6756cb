// Curves, bars and points, drawn by a library.

class LibraryView extends FigureView {
    build() {
        this.host = make('div', { class: 'chart', role: 'img', 'aria-label': label(this.section.title) });
        this.host.style.height = `${this.heightOf()}px`;
        this.body.replaceChildren(this.host);
        this.chart = echarts.init(this.host, null, { renderer: 'canvas' });
        new ResizeObserver(() => this.chart.resize()).observe(this.host);
        this.prepare();
    }

    prepare() {
    }

    heightOf() {
        return 380;
    }

    redraw() {
        const [text, muted, line, back] = ['--text', '--muted', '--line', '--card'].map(cssColor);
        const axis = name => ({
            name: label(name), nameLocation: 'middle', nameTextStyle: { color: muted }, axisLabel: { color: text }, axisLine: { lineStyle: { color: muted } },
            splitLine: { lineStyle: { color: line } },
        });
        this.chart.setOption({
            animation: false, textStyle: { fontFamily: 'system-ui, sans-serif' }, backgroundColor: 'transparent',
            tooltip: { backgroundColor: back, borderColor: line, textStyle: { color: text, fontSize: 12 }, confine: true }, ...this.option(axis, text),
        }, { notMerge: true });
    }
}

class ChartView extends LibraryView {
    prepare() {
        this.names = this.labels(1);
        this.x = this.labels(0);
        this.values = this.arrays[2];
        if (this.values.every(value => Number.isNaN(value) || value > 0) && this.values.length > 0) {
            this.logButton();
        }
    }

    /** Many bars with names lie on their side, so that the names can be read. */
    get lying() {
        return this.section.bars && this.arrays[0].length > 24 && this.arrays[0].length <= 80;
    }

    heightOf() {
        return this.lying ? Math.max(380, 15 * this.arrays[0].length * Math.max(1, this.arrays[1].length / 2)) : 380;
    }

    option(axis, text) {
        const { x, names, section } = this;
        const lying = this.lying;
        const many = x.length > 60 && !lying;
        const labels = { ...axis(section.xTitle), type: 'category', data: x, nameGap: lying ? 90 : x.some(name => name.length > 6) && x.length > 6 ? 72 : 30, inverse: lying };
        labels.axisLabel = { ...labels.axisLabel, hideOverlap: true, rotate: !lying && x.some(name => name.length > 6) && x.length > 6 ? 60 : 0, width: 90, overflow: 'truncate' };
        const values = { ...axis(section.yTitle), type: this.log ? 'log' : 'value', scale: !section.bars, nameGap: lying ? 30 : 52 };
        return {
            color: SERIES,
            grid: { left: lying ? 110 : 74, right: 20, top: names.length > 1 ? (names.length > 8 ? 66 : 40) : 18, bottom: lying ? 44 : labels.nameGap + 22 },
            legend: names.length > 1 ? { textStyle: { color: text }, type: 'plain', top: 0, data: names } : undefined,
            xAxis: lying ? values : labels,
            yAxis: lying ? labels : values,
            dataZoom: many ? [{ type: 'inside', zoomOnMouseWheel: 'ctrl', moveOnMouseWheel: false }] : undefined,
            tooltip: { ...this.tooltip(), trigger: 'axis', axisPointer: { type: section.bars ? 'shadow' : 'line' }, formatter: points => tipLines([[section.xTitle, x[points[0].dataIndex]], ...points.map(point => [names[point.seriesIndex], number(this.values[point.seriesIndex * x.length + point.dataIndex])])]) },
            series: names.map((name, at) => ({
                name, type: section.bars ? 'bar' : 'line', showSymbol: x.length <= 60, symbolSize: 5, connectNulls: false,
                data: Array.from(this.values.subarray(at * x.length, (at + 1) * x.length), value => Number.isNaN(value) ? null : value),
            })),
        };
    }

    tooltip() {
        return { backgroundColor: cssColor('--card'), borderColor: cssColor('--line'), textStyle: { color: cssColor('--text'), fontSize: 12 }, confine: true };
    }
}

class ScatterView extends LibraryView {
    heightOf() {
        return 520;
    }

    option(axis, text) {
        const [x, y, labels, groups, values] = this.arrays;
        const { section } = this;
        const names = Array.from(new Set(groups)).filter(group => group >= 0);
        const hasValues = names.length === 0 && !values.every(Number.isNaN);
        const scale = hasValues ? scaleOf(values, {}, { safe: look.safe, log: false }) : null;
        // One series a group, or a step of the colours: a colour for each point of a hundred thousand would take seconds.
        const steps = 24;
        const step = at => names.length > 0 ? names.indexOf(groups[at]) : scale && !Number.isNaN(values[at]) ? Math.min(steps - 1, Math.floor((values[at] - scale.least) / ((scale.most - scale.least) || 1) * steps)) : 0;
        const series = new Map();
        for (let at = 0; at < x.length; at++) {
            if (Number.isFinite(x[at]) && Number.isFinite(y[at])) {
                const key = step(at);
                (series.get(key) ?? series.set(key, []).get(key)).push([x[at], y[at], at]);
            }
        }

        if (scale) {
            this.colorBar(scale, false);
        }

        const few = x.length <= 300;
        return {
            color: SERIES,
            grid: { left: 66, right: 24, top: names.length > 0 ? 44 : 16, bottom: 50 },
            legend: names.length > 0 && names.length <= 30 ? { textStyle: { color: text }, top: 0, data: names.map(name => label(strings[name])) } : undefined,
            xAxis: { ...axis(section.xTitle), type: 'value', scale: true, nameGap: 28 },
            yAxis: { ...axis(section.yTitle), type: 'value', scale: true, nameGap: 46 },
            dataZoom: [{ type: 'inside', xAxisIndex: 0, zoomOnMouseWheel: 'ctrl' }, { type: 'inside', yAxisIndex: 0, zoomOnMouseWheel: 'ctrl' }],
            tooltip: {
                backgroundColor: cssColor('--card'), borderColor: cssColor('--line'), textStyle: { color: text, fontSize: 12 }, confine: true, trigger: 'item',
                formatter: point => {
                    const at = point.value[2];
                    return tipLines([['', make('code', {}, label(strings[labels[at]]))], [section.xTitle, number(x[at])], [section.yTitle, number(y[at])],
                        ...(groups[at] >= 0 ? [['group', label(strings[groups[at]])]] : []), ...(Number.isNaN(values[at]) ? [] : [['value', number(values[at])]])]);
                },
            },
            series: Array.from(series, ([key, points]) => ({
                name: names.length > 0 ? label(strings[names[key]]) : undefined, type: 'scatter', data: points, symbolSize: few ? 8 : x.length > 5000 ? 3 : 5,
                large: points.length > 4000, progressive: 0,
                itemStyle: { opacity: few ? 0.9 : 0.7, ...(scale ? { color: css(scale.of(scale.least + (key + 0.5) / steps * (scale.most - scale.least))) } : {}) },
                label: few ? { show: true, position: 'right', color: text, fontSize: 11, formatter: point => label(strings[labels[point.value[2]]]) } : undefined,
                labelLayout: few ? { hideOverlap: true } : undefined,
            })),
        };
    }
}
