import {KanbanRecord} from "@web/views/kanban/kanban_record";
import {KanbanRenderer} from "@web/views/kanban/kanban_renderer";
import {X2ManyField, x2ManyField} from "@web/views/fields/x2many/x2many_field";
import {registry} from "@web/core/registry";
import {useBus, useService} from "@web/core/utils/hooks";
import {onMounted, onPatched, useEffect} from "@odoo/owl";

// Id of the flag whose panel was opened last: it outlives the row, which is drawn anew
let opened = null;

/** A card that is no link itself: the button in it is what Tab reaches. */
class FlagRecord extends KanbanRecord {
    static template = "client_health.FlagRecord";

    /** In one sentence, read with the record that the flag stands on where it can be. */
    get reason() {
        const {record} = this.props;
        const badges = record.model.root.data.client_health_badges || [];
        const badge = badges.find(({id}) => id === record.resId);
        return badge?.reason || record.data.reason || undefined;
    }
}

class FlagRenderer extends KanbanRenderer {
    static components = {...KanbanRenderer.components, KanbanRecord: FlagRecord};

    setup() {
        super.setup();
        this.useKeysOfButtons();
        this.useReturnOfFocus();
    }

    useKeysOfButtons() {
        // Core takes Enter and Space for cards; here they press the button
        const leaveToButton = (ev) => {
            if (ev.key === "Enter" || ev.key === " ") {
                ev.stopPropagation();
            }
        };
        useEffect(
            (row) => {
                row?.addEventListener("keydown", leaveToButton);
                return () => row?.removeEventListener("keydown", leaveToButton);
            },
            () => [this.rootRef.el]
        );
    }

    useReturnOfFocus() {
        // Core cannot give the focus back: the button was disabled, or drawn anew
        const noteOpened = (ev) => {
            opened = ev.target.closest("[data-flag]")?.dataset.flag;
        };
        const forgetOpened = (ev) => {
            if (!ev.target.closest(".o_client_health_flags, .o_dialog")) {
                opened = null;
            }
        };
        useEffect(
            (row) => {
                row?.addEventListener("click", noteOpened, true);
                document.addEventListener("focusin", forgetOpened);
                return () => {
                    row?.removeEventListener("click", noteOpened, true);
                    document.removeEventListener("focusin", forgetOpened);
                };
            },
            () => [this.rootRef.el]
        );
        const giveFocusBack = () => {
            const free = document.activeElement === document.body;
            if (opened && free && !document.querySelector(".o_dialog")) {
                this.rootRef.el?.querySelector(`[data-flag="${opened}"] button`)?.focus();
            }
        };
        useBus(useService("ui").bus, "active-element-changed", () =>
            setTimeout(giveFocusBack)
        );
        onMounted(giveFocusBack);
        onPatched(giveFocusBack);
    }
}

/** The flags of a client in one row, each a button that opens why. */
class FlagsField extends X2ManyField {
    static components = {...X2ManyField.components, KanbanRenderer: FlagRenderer};
}

registry.category("fields").add("client_health_flags", {
    ...x2ManyField,
    component: FlagsField,
});
