import {KanbanRenderer} from "@web/views/kanban/kanban_renderer";
import {kanbanView} from "@web/views/kanban/kanban_view";
import {onWillStart} from "@odoo/owl";
import {registry} from "@web/core/registry";
import {useService} from "@web/core/utils/hooks";

/** Who waits for us, below the room there is for their calls. */
class TodayRenderer extends KanbanRenderer {
    static template = "coaching_leads.Today";

    setup() {
        super.setup();
        this.orm = useService("orm");
        onWillStart(async () => {
            this.room = await this.orm.call("crm.lead", "coaching_get_room", []);
        });
    }
}

registry.category("views").add("coaching_today", {
    ...kanbanView,
    Renderer: TodayRenderer,
});
