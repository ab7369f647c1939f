import { registry } from "@web/core/registry";

const fits = () => {
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth > clientWidth) {
        throw new Error(`The page is ${scrollWidth} px wide on ${clientWidth} px`);
    }
};

registry.category("web_tour.tours").add("coaching_form", {
    steps: () => [
        {
            content: "The track of the link is chosen",
            trigger: "#track_next_level:checked:not(:visible), #track_next_level:checked",
            run: fits,
        },
        {
            content: "Choose another",
            trigger: "label[for=track_scale]",
            run: "click",
        },
        {
            trigger: "#coaching_goal",
            run: "edit Lead with more ease",
        },
        {
            trigger: "#coaching_obstacle",
            run: "edit Everything passes my desk",
        },
        {
            trigger: "#coaching_name",
            run: "edit Tour Prospect",
        },
        {
            content: "A number that cannot be",
            trigger: "#coaching_phone",
            run: "edit 12",
        },
        {
            trigger: "#coaching_email",
            run: "edit tour.prospect@example.com",
        },
        {
            trigger: "label[for=coaching_moment_1]",
            run: "click",
        },
        {
            trigger: "#coaching_form button[type=submit]",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "The mistake is told beside the field, which has the focus",
            trigger: "#error_phone",
            run: () => {
                fits();
                if (document.activeElement.id !== "coaching_phone") {
                    throw new Error("The wrong field does not have the focus");
                }
            },
        },
        {
            content: "What was typed is still there",
            trigger: "#coaching_goal:value(Lead with more ease)",
        },
        {
            trigger: "#coaching_phone",
            run: "edit 06 12345678",
        },
        {
            trigger: "#coaching_form button[type=submit]",
            run: "click",
            expectUnloadPage: true,
        },
        {
            trigger: ".o_coaching_page h1:contains(Thank you)",
            run: fits,
        },
    ],
});
