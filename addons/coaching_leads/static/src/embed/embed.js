// Put on another site, this shows the form in a frame as high as the form is:
// <script src="https://yours.example.com/coaching_leads/static/src/embed/embed.js"
//         data-track="start" data-lang="nl" async></script>
(function () {
    const script = document.currentScript;
    const { track, lang, title } = script.dataset;
    const address = new URL(`${lang ? `/${lang}` : ""}/coaching/embed`, script.src);
    if (track) {
        address.searchParams.set("track", track);
    }
    for (const [name, value] of new URLSearchParams(window.location.search)) {
        if (name.startsWith("utm_")) {
            address.searchParams.set(name, value);
        }
    }
    const frame = document.createElement("iframe");
    frame.src = address.href;
    frame.title = title || "Coaching";
    frame.style.cssText = "border: 0; display: block; width: 100%; height: 1200px;";
    let shown = 0;
    frame.addEventListener("load", () => {
        // The next page may be much shorter: bring its beginning into view.
        if (shown++) {
            frame.scrollIntoView({ block: "start" });
        }
    });
    window.addEventListener("message", ({ origin, source, data }) => {
        const height = data && data.coachingHeight;
        const ours = origin === address.origin && source === frame.contentWindow;
        if (ours && Number.isFinite(height)) {
            frame.style.height = `${height}px`;
        }
    });
    script.after(frame);
})();
