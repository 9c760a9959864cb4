// The blocks of a page in the admin: add, fold, move, remove. What is sent is in each block's fields: its place is
// kept up to date with what is seen. A removed block stays in the form, so that it can be kept after all.
"use strict";
document.querySelectorAll(".blocks").forEach((group) => {
    const prefix = group.dataset.prefix;
    const list = group.querySelector(".blocks-list");
    const news = group.querySelector(".blocks-news");
    const total = document.getElementById(`id_${prefix}-TOTAL_FORMS`);
    const rows = () => [...list.children];
    const input = (row, name) => row.querySelector(`:scope > input[name$="-${name}"]`);
    const title = (row) => row.querySelector(".block-name").textContent.trim().replace(/\s+/g, " ");

    function number() {
        rows().forEach((row, place) => {
            if (input(row, "place")) {
                input(row, "place").value = place;
            }
        });
    }

    function fold(row, isOpen) {
        row.querySelector(".block-body").hidden = !isOpen;
        row.querySelector(".block-toggle").setAttribute("aria-expanded", isOpen);
    }

    function add(kind) {
        const template = group.querySelector(`template[data-kind="${CSS.escape(kind)}"]`);
        const holder = document.createElement("template");
        holder.innerHTML = template.innerHTML.replaceAll("__prefix__", total.value);
        const row = holder.content.firstElementChild;
        total.value = Number(total.value) + 1;
        list.append(row);
        number();
        row.dispatchEvent(new CustomEvent("formset:added", {bubbles: true, detail: {formsetName: prefix}}));
        row.querySelector(".block-body :is(input, textarea, select)").focus();
        row.scrollIntoView({block: "nearest"});
    }

    // The button keeps the focus, so that it can be pressed again.
    function move(row, step) {
        const focused = document.activeElement;
        const neighbour = step < 0 ? row.previousElementSibling : row.nextElementSibling;
        if (neighbour) {
            neighbour[step < 0 ? "before" : "after"](row);
            focused.focus();
            row.scrollIntoView({block: "nearest"});
        }
        tell(row);
    }

    function tell(row) {
        number();
        news.textContent = `${title(row)}: place ${rows().indexOf(row) + 1} of ${rows().length}`;
    }

    function remove(row, isRemoved) {
        input(row, "removed").disabled = !isRemoved;
        row.classList.toggle("block-removed", isRemoved);
        fold(row, !isRemoved && row.querySelector(".block-body").hidden === false);
        row.querySelector(isRemoved ? ".block-restore" : ".block-remove").focus();
    }

    const actions = {
        "toggle": (row) => fold(row, row.querySelector(".block-body").hidden),
        "up": (row) => move(row, -1),
        "down": (row) => move(row, 1),
        "remove": (row) => remove(row, true),
        "restore": (row) => remove(row, false),
        "open-all": () => rows().forEach((row) => fold(row, true)),
        "close-all": () => rows().forEach((row) => fold(row, false)),
    };

    group.addEventListener("click", (event) => {
        const button = event.target.closest("button");
        if (button?.dataset.add) {
            add(button.dataset.add);
        } else if (button?.dataset.do in actions) {
            actions[button.dataset.do](button.closest(".block"));
        }
    });
    list.addEventListener("keydown", (event) => {
        const step = {ArrowUp: -1, ArrowDown: 1}[event.key];
        const head = event.target.closest(".block-head");
        if (step && event.altKey && head?.querySelector('[data-do="up"]')) {
            event.preventDefault();
            move(head.closest(".block"), step);
        }
    });
    list.addEventListener("input", (event) => {
        if (event.target.name?.endsWith("-title")) {
            event.target.closest(".block").querySelector(".block-title").textContent = event.target.value;
        }
    });
    list.addEventListener("blocks:dropped", (event) => tell(event.target));
    group.closest("form").addEventListener("submit", number); // also of a drag that the browser has not ended

    // The list of all content links to a block. It has no id: the browser would go there later, and take the focus off.
    const aim = rows().find((row) => row.dataset.anchor && row.dataset.anchor === location.hash);
    if (aim) {
        fold(aim, true);
        aim.scrollIntoView();
        aim.querySelector(".block-toggle").focus();
    }
    // After a failed save the first fault may be far down. Not before a warning at the top has been read.
    if (!document.querySelector(".conflict")) {
        group.querySelector(".block-faulty .errors :is(input, textarea, select)")?.focus();
    }
    number();
});
