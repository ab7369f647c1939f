import {Component, onMounted, onWillUnmount, useState} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {session} from "@web/session";
import {useService} from "@web/core/utils/hooks";

const EVERY = 5000;

/** How far the count of all clients is, on every screen while it runs. */
export class Counting extends Component {
    static template = "client_health.Counting";
    static props = {};

    setup() {
        this.orm = useService("orm");
        this.notification = useService("notification");
        this.action = useService("action");
        this.state = useState({counting: session.client_health_counting || false});
        onMounted(() => this.lookAgain());
        onWillUnmount(() => clearTimeout(this.timer));
    }

    get percentage() {
        const {done, total} = this.state.counting;
        return total ? Math.round((100 * done) / total) : 0;
    }

    lookAgain() {
        if (this.state.counting) {
            this.timer = setTimeout(() => this.look(), EVERY);
        }
    }

    async look() {
        const counting = await this.orm.silent.call("client.health", "get_counting", []);
        this.state.counting = counting;
        if (counting) {
            this.lookAgain();
        } else {
            this.tellDone();
        }
    }

    tellDone() {
        const close = this.notification.add(_t("All clients are counted."), {
            type: "success",
            buttons: [
                {
                    name: _t("Show"),
                    onClick: () => {
                        close();
                        this.action.doAction("client_health.client_health_flag_action", {
                            clearBreadcrumbs: true,
                        });
                    },
                },
            ],
        });
    }
}

if (session.client_health_counting) {
    registry
        .category("systray")
        .add("client_health.counting", {Component: Counting}, {sequence: 100});
}

/** Offers a manager the short start, once. */
const guide = {
    dependencies: ["action", "notification", "orm"],
    start(env, {action, notification, orm}) {
        if (!session.client_health_guide) {
            return;
        }
        const leave = () => orm.call("client.health.guide", "mark_seen", []);
        const close = notification.add(
            _t("Client Health has counted your clients. See whose numbers these are."),
            {
                title: _t("Client Health"),
                type: "info",
                sticky: true,
                className: "o_client_health_guide_offer",
                onClose: leave,
                buttons: [
                    {
                        name: _t("Show me around"),
                        primary: true,
                        onClick: () => {
                            close();
                            action.doAction("client_health.client_health_guide_action");
                        },
                    },
                ],
            }
        );
    },
};

registry.category("services").add("client_health_guide", guide);
