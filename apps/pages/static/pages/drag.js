// Drags a block to another place, with a mouse, a pen or a finger. Escape puts it back.
"use strict";
document.querySelectorAll(".blocks-list").forEach((list) => {
    const EDGE = 60; // pixels from the window's edge in which it scrolls
    const STEP = 12; // pixels a frame
    let drag = null;

    function place() {
        const others = [...list.children].filter((row) => row !== drag.row);
        const next = others.find((row) => {
            const box = row.getBoundingClientRect();
            return drag.y < box.top + box.height / 2;
        });
        if (drag.row.nextElementSibling !== (next ?? null)) {
            list.insertBefore(drag.row, next ?? null);
        }
    }

    function scroll() {
        if (drag) {
            const step = drag.y < EDGE ? -STEP : drag.y > window.innerHeight - EDGE ? STEP : 0;
            if (step) {
                window.scrollBy(0, step);
                place();
            }
            requestAnimationFrame(scroll);
        }
    }

    function end(isDropped) {
        if (drag) {
            const {row, next} = drag;
            if (!isDropped) {
                list.insertBefore(row, next);
            }
            row.classList.remove("block-dragged");
            drag = null;
            row.dispatchEvent(new CustomEvent("blocks:dropped", {bubbles: true}));
        }
    }

    list.addEventListener("pointerdown", (event) => {
        const row = event.target.closest(".block-handle")?.closest(".block");
        if (row && event.button === 0 && !drag) {
            event.preventDefault();
            list.setPointerCapture(event.pointerId); // the list stays where it is while its rows move
            drag = {row, next: row.nextElementSibling, y: event.clientY};
            row.classList.add("block-dragged");
            requestAnimationFrame(scroll);
        }
    });
    list.addEventListener("pointermove", (event) => {
        if (drag) {
            drag.y = event.clientY;
            place();
        }
    });
    list.addEventListener("pointerup", () => end(true));
    list.addEventListener("pointercancel", () => end(false));
    document.addEventListener("keydown", (event) => event.key === "Escape" && end(false));
});
