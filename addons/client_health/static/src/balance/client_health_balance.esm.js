import {FactsField} from "../facts/client_health_facts.esm";
import {registry} from "@web/core/registry";

/** What came in, what it cost and what is left; each part opens what was counted. */
export class BalanceField extends FactsField {
    static template = "client_health.Balance";

    get balance() {
        return this.props.record.data[this.props.name];
    }

    /** What a bar shows, without the parts that have no width. */
    getParts(parts) {
        return parts.filter((part) => part.share > 0);
    }

    getWidth(part) {
        return `width: ${(part.share * 100).toFixed(2)}%`;
    }
}

registry.category("fields").add("client_health_balance", {
    component: BalanceField,
    supportedTypes: ["json"],
});
