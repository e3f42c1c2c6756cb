// The parts of the libraries that a report uses, as globals of its page.
import * as core from 'echarts/core';
import { BarChart, LineChart, ScatterChart } from 'echarts/charts';
import { DataZoomInsideComponent, GridComponent, LegendPlainComponent, TooltipComponent } from 'echarts/components';
import { CanvasRenderer } from 'echarts/renderers';
import { Tabulator, FilterModule, FormatModule, InteractionModule, ResizeColumnsModule, ResizeTableModule, SortModule } from 'tabulator-tables';
import 'tabulator-tables/dist/css/tabulator_simple.css';

core.use([BarChart, LineChart, ScatterChart, DataZoomInsideComponent, GridComponent, LegendPlainComponent, TooltipComponent, CanvasRenderer]);
Tabulator.registerModule([FilterModule, FormatModule, InteractionModule, ResizeColumnsModule, ResizeTableModule, SortModule]);
window.echarts = core;
window.Tabulator = Tabulator;
