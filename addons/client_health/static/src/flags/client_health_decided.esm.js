import {FormController} from "@web/views/form/form_controller";
import {formView} from "@web/views/form/form_view";
import {registry} from "@web/core/registry";

const READING_TIME = 10000;

/** Says what was decided, and for a while offers to take it back. */
function tellDecided(env, action) {
    const {message, undo, undo_method: undoMethod, flag_ids: flagIds} = action.params;
    const undoDecision = async () => {
        close();
        await env.services.orm.call("client.health.flag", undoMethod, [flagIds]);
        env.bus.trigger("CLIENT_HEALTH:DECIDED");
        const controller = env.services.action.currentController;
        if (controller) {
            await env.services.action.restore(controller.jsId);
        }
    };
    const close = env.services.notification.add(message, {
        type: "success",
        className: "o_client_health_decided",
        autocloseDelay: READING_TIME,
        buttons: undoMethod
            ? [{name: undo, icon: "fa-undo", onClick: undoDecision}]
            : [],
    });
    env.bus.trigger("CLIENT_HEALTH:DECIDED");
    return {type: "ir.actions.act_window_close"};
}

registry.category("actions").add("client_health_decided", tellDecided);

/** Asks for the reason of a dismissal where it is typed, before asking the server. */
class DecideController extends FormController {
    async beforeExecuteActionButton(clickParams) {
        const record = this.model.root;
        if (clickParams.name === "action_dismiss" && !(record.data.reason || "").trim()) {
            await record.setInvalidField("reason");
            this.rootRef.el?.querySelector("[name=reason] textarea")?.focus();
            return false;
        }
        return super.beforeExecuteActionButton(clickParams);
    }
}

registry.category("views").add("client_health_decide", {
    ...formView,
    Controller: DecideController,
});
