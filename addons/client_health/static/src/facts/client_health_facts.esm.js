import {Component} from "@odoo/owl";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";
import {useService} from "@web/core/utils/hooks";

/** The facts of a client by source, each a button that opens what was counted. */
export class FactsField extends Component {
    static template = "client_health.Facts";
    static props = {...standardFieldProps};

    setup() {
        this.action = useService("action");
    }

    get groups() {
        return this.props.record.data[this.props.name] || [];
    }

    openEvidence(fact) {
        const {resModel, resId, context} = this.props.record;
        return this.action.doActionButton({
            type: "object",
            name: "action_open_evidence",
            resModel,
            resId,
            context: {...context, fact},
        });
    }
}

registry.category("fields").add("client_health_facts", {
    component: FactsField,
    supportedTypes: ["json"],
});
