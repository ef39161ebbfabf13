// A server whose responses are scripted by the test, valid or not.
import http from "node:http";

/** Answers one request after the other with `answers`, the last of them again and again. Ends with the test `t`. */
export async function stub(t, ...answers) {
    const requests = [];
    const server = http.createServer(async (request, response) => {
        const body = await new Response(request).text();
        const answer = answers[Math.min(requests.length, answers.length - 1)];
        requests.push({ method: request.method, headers: request.headers, body });
        const own = requests.at(-1);
        response.on("close", () => { Object.assign(own, { closed: true, complete: response.writableFinished }); });
        await answer(response, request);
    });
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    t.after(() => {
        server.close();
        server.closeAllConnections();
    });
    return { url: `http://127.0.0.1:${server.address().port}/`, requests };
}

const HEAD = { "content-type": "text/event-stream; charset=utf-8" };

/** A stream that ends without a word. */
export const stream = (...texts) => (response) => response.writeHead(200, HEAD).end(texts.join(""));

/** A stream that stays open without further events. */
export const open = (text) => (response) => response.writeHead(200, HEAD).write(text);

/** A stream that goes on after `text` once `isDue`, with more than fits into the buffers of a connection. */
export const goesOn = (text, isDue) => async (response) => {
    response.writeHead(200, HEAD).write(text);
    await until(isDue);
    response.end("data: 2\n\n".repeat(1_000_000));
};

/** A stream whose connection breaks. */
export const cut = (text) => (response) => response.writeHead(200, HEAD).write(text, () => response.destroy());

export const status = (code, body = "", headers = {}) => (response) => response.writeHead(code, headers).end(body);

/** No response at all. */
export const gone = (response) => response.destroy();

export const CLOSE = "event: close\nid: close\nretry: 86400000\ndata: \n\n";

/** The calls of a stream's handlers, in order. */
export function recorded(stream) {
    const calls = [];
    for (const name of ["open", "progress", "reconnecting", "done", "error"]) {
        stream[name]((...values) => calls.push([name, ...values]));
    }
    calls.of = (name) => calls.filter(([found]) => found === name).map(([, value]) => value);
    return calls;
}

/** The error that a stream ends with. */
export async function failure(stream) {
    return stream.start().then((data) => { throw new Error(`no failure: ${data}`); }, (error) => error);
}

export async function until(probe) {
    while (!(await probe())) await new Promise((resolve) => setTimeout(resolve, 5));
}
