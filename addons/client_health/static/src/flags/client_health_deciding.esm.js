import {Component} from "@odoo/owl";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";
import {useService} from "@web/core/utils/hooks";

/** The facts that decided, as bars beside their threshold; each opens what was counted. */
export class DecidingField extends Component {
    static template = "client_health.Deciding";
    static props = {...standardFieldProps};

    setup() {
        this.action = useService("action");
    }

    get bars() {
        return this.props.record.data[this.props.name] || [];
    }

    openEvidence(fact) {
        const flag = this.props.record.data.flag_id;
        return this.action.doActionButton({
            type: "object",
            name: "action_open_evidence",
            args: JSON.stringify([fact]),
            resModel: "client.health.flag",
            resId: flag.id,
        });
    }
}

registry.category("fields").add("client_health_deciding", {
    component: DecidingField,
    supportedTypes: ["json"],
});
