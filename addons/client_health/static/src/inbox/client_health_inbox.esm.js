import {Component, onWillStart} from "@odoo/owl";
import {RoomyRenderer} from "../list/client_health_list.esm";
import {listView} from "@web/views/list/list_view";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";
import {useService} from "@web/core/utils/hooks";

const KEYS = {
    c: "action_confirm_row",
    d: "action_open_dismiss",
    l: "action_open_later",
    t: "action_talk_first",
};

/** A list whose rows are worked through by keyboard: arrows to a row, a letter to act. */
class InboxRenderer extends RoomyRenderer {
    static template = "client_health.InboxRenderer";

    setup() {
        super.setup();
        const orm = useService("orm");
        onWillStart(async () => {
            this.bankNotice = await orm.call("client.health", "get_bank_notice", []);
        });
    }

    onCellKeydownReadOnlyMode(hotkey, cell, group, record) {
        const name = record && KEYS[hotkey];
        const button = name && cell.closest("tr").querySelector(`button[name=${name}]`);
        if (button) {
            button.click();
            return true;
        }
        return super.onCellKeydownReadOnlyMode(hotkey, cell, group, record);
    }
}

registry.category("views").add("client_health_inbox", {
    ...listView,
    Renderer: InboxRenderer,
});

/** What a row is about: the trait, why in one sentence, and the next step if any. */
class WhyField extends Component {
    static template = "client_health.WhyCell";
    static props = {...standardFieldProps};

    get data() {
        return this.props.record.data;
    }
}

registry.category("fields").add("client_health_why", {
    component: WhyField,
    supportedTypes: ["text"],
    fieldDependencies: [
        {name: "trait_name", type: "char"},
        {name: "next_step", type: "char"},
    ],
});
