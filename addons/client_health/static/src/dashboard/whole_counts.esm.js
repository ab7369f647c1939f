import {registries} from "@odoo/o-spreadsheet";

const {chartRegistry} = registries;
const bar = chartRegistry.get("odoo_bar");
const LINE = 12;

/** The words of a label on lines of about so many characters. */
function toLines(label) {
    const lines = [""];
    for (const word of label.split(" ")) {
        const last = lines.pop();
        const longer = last ? `${last} ${word}` : word;
        lines.push(...(last && longer.length > LINE ? [last, word] : [longer]));
    }
    return lines;
}

/**
 * An axis that counts clients or flags knows no halves, and the names below it are
 * read whole; core's has no option for either.
 */
function getChartRuntime(chart, getters, ...others) {
    const runtime = bar.getChartRuntime(chart, getters, ...others);
    const {resModel, measure} = chart.metaData || {};
    const {x, y} = runtime.chartJsConfig?.options?.scales || {};
    if (!resModel?.startsWith("client.health")) {
        return runtime;
    }
    if (y?.ticks && measure === "__count") {
        y.ticks.precision = 0;
    }
    if (x?.ticks) {
        x.ticks.callback = function (value) {
            return toLines(String(this.getLabelForValue(value) ?? ""));
        };
    }
    return runtime;
}

chartRegistry.replace("odoo_bar", {...bar, getChartRuntime});
