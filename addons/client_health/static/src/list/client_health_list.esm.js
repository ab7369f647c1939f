import {ListRenderer} from "@web/views/list/list_renderer";
import {SIZES} from "@web/core/ui/ui_service";
import {browser} from "@web/core/browser/browser";
import {listView} from "@web/views/list/list_view";
import {registry} from "@web/core/registry";

/**
 * A list that fits a tablet: what is optional begins hidden there, but for the client.
 * Who chooses columns keeps them, as in every list.
 */
export class RoomyRenderer extends ListRenderer {
    computeOptionalActiveFields() {
        const active = super.computeOptionalActiveFields();
        const chosen = browser.localStorage.getItem(this.keyOptionalFields) !== null;
        if (chosen || this.uiService.size > SIZES.MD) {
            return active;
        }
        for (const name of Object.keys(active)) {
            active[name] &&= name === "partner_id";
        }
        return active;
    }
}

registry.category("views").add("client_health_list", {
    ...listView,
    Renderer: RoomyRenderer,
});
