import {Component, onWillStart, onWillUpdateProps, useState, useSubEnv} from "@odoo/owl";
import {Domain} from "@web/core/domain";
import {DomainSelector} from "@web/core/domain_selector/domain_selector";
import {getDomainDisplayedOperators} from "@web/core/domain_selector/domain_selector_operator_editor";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {condition} from "@web/core/tree_editor/condition_tree";
import {TreeEditor} from "@web/core/tree_editor/tree_editor";
import {Select} from "@web/core/tree_editor/tree_editor_components";
import {getOperatorEditorInfo} from "@web/core/tree_editor/tree_editor_operator_editor";
import {useService} from "@web/core/utils/hooks";
import {standardFieldProps} from "@web/views/fields/standard_field_props";

const NUMBERS = {
    ">=": _t("at least"),
    "<=": _t("at most"),
    ">": _t("more than"),
    "<": _t("less than"),
    "=": _t("is"),
    "!=": _t("is not"),
    between: _t("is between"),
};
const NUMBER_TYPES = ["integer", "float", "monetary"];
const MEMBERS = ["in", "not in", "set", "not set"];
const PER_CENT = 100;
const DIGITS = 1e6;

/** A list to choose from that says what it is for. */
class RuleSelect extends Select {
    static template = "client_health.RuleSelect";
    static props = [...Select.props, "title"];
}

/** What a condition looks at: a fact by its source, or something of the client. */
class RuleName extends Component {
    static template = "client_health.RuleName";
    static props = {path: true, update: Function};

    get groups() {
        return this.env.clientHealthRule.groups;
    }

    get known() {
        return this.env.clientHealthRule.names[this.props.path];
    }
}

/** A number with its unit, and how the fact lies among the clients today. */
class RuleNumber extends Component {
    static template = "client_health.RuleNumber";
    static props = {
        name: Object,
        value: true,
        update: Function,
        title: String,
        hideSpread: {type: Boolean, optional: true},
    };

    setup() {
        this.state = useState({spread: ""});
        onWillStart(() => this.loadSpread(this.props));
        onWillUpdateProps((props) => this.loadSpread(props));
    }

    async loadSpread(props) {
        if (!props.hideSpread) {
            this.state.spread = await this.env.clientHealthRule.getSpread(props.name.name);
        }
    }

    get factor() {
        return this.props.name.unit === "share" ? PER_CENT : 1;
    }

    get shown() {
        const {value} = this.props;
        if (typeof value !== "number") {
            return String(value === false ? 0 : value);
        }
        const number = Math.round(value * this.factor * DIGITS) / DIGITS;
        return registry.category("formatters").get("float")(number, {
            digits: [16, Number.isInteger(number) ? 0 : 2],
            trailingZeros: false,
        });
    }

    onChange(typed) {
        let value = typed;
        try {
            const number = registry.category("parsers").get("float")(typed);
            value = Math.round((number / this.factor) * DIGITS) / DIGITS;
        } catch {
            // The server says what is wrong with it.
        }
        this.props.update(value);
    }
}

/** Two of them, for *between*. */
class RuleRange extends Component {
    static template = "client_health.RuleRange";
    static components = {RuleNumber};
    static props = {name: Object, value: Array, update: Function};

    update(index, value) {
        this.props.update(this.props.value.with(index, value));
    }
}

/** Core's editor of conditions, for what rules can name only. */
class RuleTree extends TreeEditor {
    static template = "client_health.RuleTree";

    get emptyWords() {
        return this.env.clientHealthRule.emptyWords;
    }

    getName(node) {
        const name = this.env.clientHealthRule.names[node.path];
        return name?.unit && name;
    }

    getValueEditorInfo(node) {
        const name = this.getName(node);
        const isMember = ["in", "not in", "set", "not set"].includes(node.operator);
        if (!name || isMember) {
            return super.getValueEditorInfo(node);
        }
        const isRange = node.operator === "between";
        return {
            component: isRange ? RuleRange : RuleNumber,
            extractProps: ({value, update}) => ({
                name,
                value,
                update,
                ...(isRange ? {} : {title: _t("Number")}),
            }),
            isSupported: (value) => !isRange || Array.isArray(value),
            defaultValue: () => (isRange ? [1, 1] : 1),
            stringify: String,
        };
    }

    async _updatePath(node, path) {
        await super._updatePath(node, path);
        if (this.getName(node)?.unit === "share") {
            node.value = 0.5;
        }
    }
}

class RuleSelector extends DomainSelector {
    static components = {...DomainSelector.components, TreeEditor: RuleTree};

    getDefaultCondition() {
        return condition(this.env.clientHealthRule.groups[0].names[0].name, ">=", 1);
    }

    getOperators(fieldDef) {
        if (NUMBER_TYPES.includes(fieldDef?.type)) {
            return Object.keys(NUMBERS);
        }
        return fieldDef?.type === "boolean"
            ? getDomainDisplayedOperators(fieldDef)
            : MEMBERS;
    }

    getDefaultOperator(fieldDef) {
        return this.getOperators(fieldDef)[0];
    }

    getOperatorEditorInfo(fieldDef) {
        const info = getOperatorEditorInfo(this.getOperators(fieldDef), fieldDef);
        const words = NUMBER_TYPES.includes(fieldDef?.type) ? NUMBERS : {};
        return {
            ...info,
            component: RuleSelect,
            extractProps: (params) => {
                const {options, ...props} = info.extractProps(params);
                return {
                    ...props,
                    title: _t("Comparison"),
                    options: options.map(([key, label]) => [key, words[key] || label]),
                };
            },
        };
    }

    getPathEditorInfo() {
        return {
            component: RuleName,
            extractProps: ({value, update}) => ({path: value, update}),
            isSupported: (path) => typeof path === "string",
            defaultValue: () => this.getDefaultCondition().path,
            stringify: String,
        };
    }
}

/** A rule as conditions one chooses and fills in, with the sentence they make. */
export class RuleField extends Component {
    static template = "client_health.Rule";
    static components = {RuleSelector};
    static props = {...standardFieldProps, emptyWords: {type: String, optional: true}};

    setup() {
        this.orm = useService("orm");
        const spreads = {};
        this.rule = {
            groups: [],
            names: {},
            emptyWords: this.props.emptyWords || "",
            getSpread: (name) => {
                spreads[name] ||= this.orm.call("client.health.trait", "get_spread", [name]);
                return spreads[name];
            },
        };
        useSubEnv({clientHealthRule: this.rule});
        onWillStart(async () => {
            if (!this.props.readonly) {
                await this.loadNames();
            }
        });
        onWillUpdateProps(async (props) => {
            if (!props.readonly && !this.rule.groups.length) {
                await this.loadNames();
            }
        });
    }

    async loadNames() {
        const groups = await this.orm.cache().call("client.health.trait", "get_rule_names", []);
        this.rule.groups = groups;
        this.rule.names = Object.fromEntries(
            groups.flatMap((group) => group.names).map((name) => [name.name, name])
        );
    }

    get domain() {
        return this.props.record.data[this.props.name] || "[]";
    }

    get isEmpty() {
        try {
            return !new Domain(this.domain).toList({}).length;
        } catch {
            return false;
        }
    }

    get words() {
        const words = this.props.record.data.rule_words || {};
        return this.isEmpty
            ? this.props.emptyWords
            : words[this.props.name.replace("_domain", "")];
    }

    update(domain) {
        this.props.record.update({[this.props.name]: domain});
    }
}

registry.category("fields").add("client_health_rule", {
    component: RuleField,
    supportedTypes: ["char"],
    supportedOptions: [{label: _t("Empty"), name: "empty", type: "string"}],
    fieldDependencies: [{name: "rule_words", type: "json"}],
    isEmpty: () => false,
    extractProps: ({attrs}) => ({emptyWords: attrs.placeholder}),
});

/** Who matches by now, and who joins and leaves by saving. */
export class RuleEffectField extends Component {
    static template = "client_health.RuleEffect";
    static props = {...standardFieldProps};

    get levels() {
        const effect = this.props.record.data[this.props.name] || {};
        return [
            {level: "flag", title: _t("Flag"), effect: effect.flag},
            {level: "watch", title: _t("Watch or flag"), effect: effect.watch},
        ];
    }

    wordNames({count, names}) {
        const more = count - names.length;
        const shown = names.join(", ");
        return more > 0 ? _t("%(names)s and %(more)s more", {names: shown, more}) : shown;
    }
}

registry.category("fields").add("client_health_rule_effect", {
    component: RuleEffectField,
    supportedTypes: ["json"],
});

/** The icons a trait can have, with what each could stand for. */
const ICONS = [
    ["fa-flag", _t("Flag")],
    ["fa-clock-o", _t("Clock")],
    ["fa-hourglass-half", _t("Hourglass")],
    ["fa-calendar-times-o", _t("Missed appointment")],
    ["fa-money", _t("Money")],
    ["fa-percent", _t("Percent")],
    ["fa-handshake-o", _t("Agreement")],
    ["fa-comments-o", _t("Conversation")],
    ["fa-envelope-o", _t("Mail")],
    ["fa-phone", _t("Telephone")],
    ["fa-undo", _t("Return")],
    ["fa-random", _t("Change")],
    ["fa-line-chart", _t("Growth")],
    ["fa-star-o", _t("Star")],
    ["fa-heart-o", _t("Heart")],
    ["fa-bolt", _t("Urgent")],
];

export class IconField extends Component {
    static template = "client_health.Icon";
    static props = {...standardFieldProps};

    get value() {
        return this.props.record.data[this.props.name];
    }

    get icons() {
        const isKnown = !this.value || ICONS.some(([icon]) => icon === this.value);
        return isKnown ? ICONS : [[this.value, this.value], ...ICONS];
    }

    choose(icon) {
        this.props.record.update({[this.props.name]: icon});
    }
}

registry.category("fields").add("client_health_icon", {
    component: IconField,
    supportedTypes: ["char"],
});
