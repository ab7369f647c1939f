import {Component, onMounted, useState} from "@odoo/owl";
import {useBus, useService} from "@web/core/utils/hooks";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {session} from "@web/session";

const FRESH = 60000;

/** How many flags ask for a decision, on every screen; a click opens them. */
class ToDecideCounter extends Component {
    static template = "client_health.ToDecideCounter";
    static props = [];

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({count: 0});
        this.readAt = 0;
        onMounted(() => this.read());
        useBus(this.env.bus, "CLIENT_HEALTH:DECIDED", () => this.read());
        useBus(this.env.bus, "ACTION_MANAGER:UI-UPDATED", () => {
            if (Date.now() - this.readAt > FRESH) {
                this.read();
            }
        });
    }

    async read() {
        this.readAt = Date.now();
        this.state.count = await this.orm.silent.call(
            "client.health.flag",
            "get_to_decide_count",
            []
        );
    }

    get title() {
        return _t("Client health: %s to decide", this.state.count);
    }

    open() {
        return this.action.doAction("client_health.client_health_flag_action", {
            clearBreadcrumbs: true,
        });
    }
}

registry.category("systray").add(
    "client_health.to_decide",
    {
        Component: ToDecideCounter,
        isDisplayed: () => Boolean(session.is_client_health_user),
    },
    {sequence: 30}
);
