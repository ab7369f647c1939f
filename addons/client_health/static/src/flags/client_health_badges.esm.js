import {Component} from "@odoo/owl";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";

/** The flags of a client in a row of a list: level, trait and decision in each tag. */
export class FlagBadgesField extends Component {
    static template = "client_health.FlagBadges";
    static props = {...standardFieldProps};

    get badges() {
        return this.props.record.data[this.props.name] || [];
    }

    get nextStep() {
        return this.props.record.data.next_step;
    }
}

registry.category("fields").add("client_health_badges", {
    component: FlagBadgesField,
    supportedTypes: ["json"],
});
