import {registries} from "@odoo/o-spreadsheet";

const {chartRegistry} = registries;
const bar = chartRegistry.get("odoo_bar");

/** An axis that counts clients or flags knows no halves; core's has no such option. */
function getChartRuntime(chart, getters, ...others) {
    const runtime = bar.getChartRuntime(chart, getters, ...others);
    const {resModel, measure} = chart.metaData || {};
    const axis = runtime.chartJsConfig?.options?.scales?.y;
    if (axis?.ticks && resModel?.startsWith("client.health") && measure === "__count") {
        axis.ticks.precision = 0;
    }
    return runtime;
}

chartRegistry.replace("odoo_bar", {...bar, getChartRuntime});
