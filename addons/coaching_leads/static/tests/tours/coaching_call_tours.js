import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("coaching_prospect_call", {
    steps: () => [
        {
            content: "Pick the third free time of the first day",
            trigger: "details[open] fieldset > div:nth-of-type(3) label",
            run: "click",
        },
        {
            content: "Plan it",
            trigger: "#coaching_slots button[type=submit]",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "It is planned; choose another time",
            trigger: "a[href$='?move=1']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Open the second day",
            trigger: "#coaching_slots details:nth-of-type(2) summary",
            run: "click",
        },
        {
            content: "Pick its first free time",
            trigger: "#coaching_slots details:nth-of-type(2)[open] label",
            run: "click",
        },
        {
            content: "Move the call",
            trigger: "#coaching_slots button[type=submit]",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "It is planned again",
            trigger: "a[href$='/call.ics']",
        },
    ],
});

registry.category("web_tour.tours").add("coaching_sales_call", {
    steps: () => [
        {
            content: "Open the new lead from the list of today",
            trigger: ".o_kanban_record:contains(Anna Prospect)",
            run: "click",
        },
        {
            content: "Plan the call in one click",
            trigger: ".o_form_view button[name=action_coaching_plan]:contains(Plan)",
            run: "click",
        },
        {
            content: "Hold the call",
            trigger: "button[name=action_coaching_cancel]",
        },
        {
            trigger: "button[name=action_coaching_held]",
            run: "click",
        },
        {
            content: "Write down a tip",
            trigger: "div[name=coaching_note_tips] textarea",
            run: "edit Call three customers",
        },
        {
            content: "Mail the summary",
            trigger: "button[name=action_coaching_send_summary]",
            run: "click",
        },
        {
            trigger: ".modal-footer .btn-primary",
            run: "click",
        },
        {
            content: "It was sent",
            trigger: "div[name=coaching_summary_sent_on]",
        },
        {
            content: "Record what comes of it",
            trigger: "button[name=action_coaching_outcome]",
            run: "click",
        },
        {
            trigger: ".modal div[name=expected_revenue] input",
            run: "edit 2400",
        },
        {
            trigger: ".modal button[name=action_apply]",
            run: "click",
        },
        {
            content: "An opportunity: win it",
            trigger: "div[name=coaching_outcome]:contains(Opportunity)",
        },
        {
            trigger: "button[name=action_set_won_rainbowman]",
            run: "click",
        },
        {
            content: "It is won",
            trigger: "body:not(:has(button[name=action_set_won_rainbowman]))",
        },
    ],
});
