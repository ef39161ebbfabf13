/**
 * Lets htmx 4 swap named events into the elements whose `sse-swap` has the name, as the SSE extension of htmx 2 does.
 *
 *     <script src="/static/htmx.js"></script>
 *     <script src="/static/hx-sse.js"></script>
 *     <script src="/_hyper/sse-swap.js"></script>
 *
 *     <div sse-connect="/feed?_stream" sse-close="close"><p sse-swap="price"></p></div>
 *
 * `hx-swap` and `hx-target` of such an element apply, and `hx-trigger="sse:price"` works as well. The event is also
 * dispatched as htmx 4 does it. One without a name goes to `sse-swap="message"`, or else where htmx 4 puts it.
 */
(() => {
    const SWAPPING = "[sse-swap], [data-sse-swap]";
    const TRIGGERED = "[hx-trigger*='sse:'], [data-hx-trigger*='sse:']";
    let api;

    /** The elements of a connection that a selector finds, without those of a connection inside it. */
    function elementsOf(connection, selector) {
        const found = [connection, ...connection.querySelectorAll(selector)];
        return found.filter((element) => {
            let owner = element;
            while (owner !== connection && !owner._htmx?.sse) owner = owner.parentElement;
            return owner === connection && element.matches(selector);
        });
    }

    function wants(element, name) {
        const names = api.attributeValue(element, "sse-swap") ?? element.getAttribute("data-sse-swap") ?? "";
        return names.split(",").some((each) => each.trim() === name);
    }

    function swap(element, text) {
        return htmx.swap({
            text,
            sourceElement: element,
            target: api.attributeValue(element, "hx-target"),
            swap: `${api.attributeValue(element, "hx-swap") ?? htmx.config.defaultSwap} swapEmpty:false`,
        });
    }

    htmx.registerExtension("sse-swap", {
        init(internal) {
            api = internal;
        },
        htmx_sse_before_message(connection, { message, waitUntil }) {
            const name = message.event || "message";
            const swapped = elementsOf(connection, SWAPPING).filter((element) => wants(element, name));
            for (const element of swapped) waitUntil(swap(element, message.data));
            for (const element of elementsOf(connection, TRIGGERED)) {
                const specs = api.attributeValue(element, "hx-trigger").split(",");
                if (specs.some((spec) => spec.trim().split(/[\s[]/)[0] === `sse:${name}`)) {
                    htmx.trigger(element, `sse:${name}`, { data: message.data, id: message.id }, false);
                }
            }
            return Boolean(message.event) || !swapped.length; // false: it has been swapped
        },
    });
})();
