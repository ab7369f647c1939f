import {registries} from "@odoo/o-spreadsheet";

const {chartRegistry} = registries;
const bar = chartRegistry.get("odoo_bar");

/** The names of the tracks are read whole; core cuts a legend at twenty characters. */
function getChartRuntime(chart, getters, ...others) {
    const runtime = bar.getChartRuntime(chart, getters, ...others);
    const {labels} = runtime.chartJsConfig?.options?.plugins?.legend || {};
    if (chart.metaData?.resModel !== "coaching.report" || !labels?.generateLabels) {
        return runtime;
    }
    const {generateLabels} = labels;
    labels.generateLabels = (drawn) =>
        generateLabels(drawn).map((item) => ({
            ...item,
            text: drawn.data.datasets[item.datasetIndex]?.label ?? item.text,
        }));
    const {y} = runtime.chartJsConfig.options.scales || {};
    if (y?.ticks) {
        // what counts requests knows no halves
        y.ticks.precision = 0;
    }
    return runtime;
}

chartRegistry.replace("odoo_bar", {...bar, getChartRuntime});
