// What only the browser knows: the visitor's time zone, and how high the form is
// where another site shows it in a frame. All of it works without, too.

function tellTimeZone() {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const input = document.querySelector("#coaching_form input[name=tz]");
    if (input && zone) {
        input.value = zone;
    }
    const select = document.querySelector("select#coaching_tz");
    const chosen = new URLSearchParams(location.search).has("tz");
    const told = document.querySelector("[role=alert] .alert");
    const known = select && [...select.options].some((option) => option.value === zone);
    if (known && select.value !== zone && !chosen && !told) {
        const address = new URL(location.href);
        address.searchParams.set("tz", zone);
        location.replace(address);
    }
}

function tellHeight() {
    // The thank-you page may be one of the site's own.
    const own = new URLSearchParams(location.search).has("coaching_frame");
    const page = document.querySelector(own ? "#wrap" : ".o_coaching_embedded");
    if (!page || window.parent === window) {
        return;
    }
    new ResizeObserver(() => {
        const coachingHeight = Math.ceil(page.getBoundingClientRect().height);
        // Nothing but a number: any site may know it.
        window.parent.postMessage({ coachingHeight }, "*");
    }).observe(page);
}

function start() {
    tellTimeZone();
    tellHeight();
}

if (document.readyState === "loading") {
    document.addEventListener("DOMContentLoaded", start);
} else {
    start();
}
