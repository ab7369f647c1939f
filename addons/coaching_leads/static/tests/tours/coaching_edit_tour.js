import {
    clickOnSave,
    insertSnippet,
    registerWebsitePreviewTour,
} from "@website/js/tours/tour_utils";

registerWebsitePreviewTour(
    "coaching_edit_page",
    { url: "/coaching", edition: true },
    () => [
        {
            content: "Change the heading where it stands",
            trigger: ":iframe .o_coaching_page h1",
            run: "editor Speak with a coach",
        },
        {
            content: "Change a label of the form",
            trigger: ":iframe #coaching_form legend.h4",
            run: "editor Where are you now?",
        },
        ...insertSnippet({
            id: "s_coaching_tracks",
            name: "Coaching Tracks",
            groupName: "Contact & Forms",
        }),
        {
            content: "The block shows the tracks as they are",
            trigger: ":iframe .s_coaching_tracks h3:contains(A fourth way)",
        },
        ...clickOnSave(),
        {
            content: "The page has the new heading",
            trigger: ":iframe .o_coaching_page h1:contains(Speak with a coach)",
        },
    ]
);
