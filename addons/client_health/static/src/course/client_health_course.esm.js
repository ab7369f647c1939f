import {Component} from "@odoo/owl";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";

const WIDTH = 440;
const HEIGHT = 130;
const LEFT = 30;
const TOP = 8;
const SCALE = [0, 60, 80, 90, 100];
const ICONS = {
    flag: "fa-flag",
    decision: "fa-gavel",
    talk: "fa-comments-o",
    farewell: "fa-envelope-o",
};

/** The score on a scale from 0 to 100, with last year behind it and what happened. */
export class CourseField extends Component {
    static template = "client_health.Course";
    static props = {...standardFieldProps};

    get course() {
        return this.props.record.data[this.props.name] || {now: [], before: [], events: []};
    }

    get box() {
        return `0 0 ${LEFT + WIDTH + 8} ${TOP + HEIGHT + 22}`;
    }

    get scale() {
        return SCALE.map((score) => ({score, y: this.placeScore(score)}));
    }

    placeDay(x) {
        return LEFT + x * WIDTH;
    }

    placeScore(score) {
        return TOP + HEIGHT - (score / 100) * HEIGHT;
    }

    draw(points) {
        return points
            .map(({x, y}) => `${this.placeDay(x)},${this.placeScore(y)}`)
            .join(" ");
    }

    place(point) {
        return {...point, cx: this.placeDay(point.x), cy: this.placeScore(point.y)};
    }

    get now() {
        return this.course.now.map((point) => this.place(point));
    }

    get events() {
        return this.course.events.map((event) => ({
            ...this.place(event),
            icon: ICONS[event.kind],
        }));
    }

    get bottom() {
        return TOP + HEIGHT;
    }

    get spoken() {
        return this.course.now.map(({day, y}) => `${day}: ${y}`).join("; ");
    }
}

registry.category("fields").add("client_health_course", {
    component: CourseField,
    supportedTypes: ["json"],
});
