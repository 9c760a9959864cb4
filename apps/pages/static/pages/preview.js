// Shows what is at an address that a block names. Nothing is asked of another site before the editor wants to see it,
// and only http and https addresses are followed.
"use strict";
document.querySelectorAll(".blocks-list").forEach((list) => {
    const ELEMENTS = {video: "video", audio: "audio", img: "img"};

    function address(preview) {
        const field = preview.closest(".form-row").querySelector("input");
        const text = field ? field.value.trim() : preview.dataset.address;
        const url = URL.canParse(text) ? new URL(text) : null;
        return url && ["http:", "https:"].includes(url.protocol) ? url.href : "";
    }

    function part(name, properties) {
        return Object.assign(document.createElement(name), properties);
    }

    // A button while there is something to see; what is seen goes when the address is another one.
    function offer(preview) {
        const href = address(preview);
        if (preview.dataset.offered !== href) {
            preview.dataset.offered = href;
            preview.replaceChildren(...href ? [part("button", {type: "button", textContent: "Preview"})] : []);
        }
    }

    function show(preview) {
        const href = preview.dataset.offered;
        const shown = part(ELEMENTS[preview.dataset.element], {
            controls: true, preload: "metadata", referrerPolicy: "no-referrer", src: href,
        });
        shown.addEventListener("error", () => {
            const link = part("a", {href, target: "_blank", rel: "noreferrer", textContent: "open it in another tab"});
            preview.replaceChildren("It cannot be shown here: ", link);
        });
        preview.replaceChildren(shown);
    }

    const previews = (root) => root.querySelectorAll(".block-preview").forEach(offer);
    list.addEventListener("click", (event) => {
        const preview = event.target.closest(".block-preview");
        if (preview && event.target.tagName === "BUTTON") {
            show(preview);
        }
    });
    list.addEventListener("input", (event) => previews(event.target.closest(".form-row")));
    list.addEventListener("formset:added", (event) => previews(event.target));
    previews(list);
});
