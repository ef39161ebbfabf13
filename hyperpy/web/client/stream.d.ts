/** A request body. Plain objects and arrays are sent as JSON. */
export type StreamBody = string | Blob | BufferSource | FormData | URLSearchParams | object | null;

export interface ReconnectOptions {
    /** Milliseconds before the first attempt, unless the server has sent `retry`. Default: 1000. */
    delay?: number;
    /** Maximum wait in milliseconds. Default: 30000. */
    maxDelay?: number;
}

export interface StreamOptions {
    /** Default: GET, or POST if there is a body. */
    method?: string;
    body?: StreamBody;
    headers?: HeadersInit;
    /** Default: "same-origin". */
    credentials?: RequestCredentials;
    /** Aborts the stream, as `abort()` does. */
    signal?: AbortSignal;
    /** Whether to reconnect when the connection is lost. Default: false. */
    reconnect?: boolean | ReconnectOptions;
    /** Whether to parse data that is JSON. Default: true; with false, all data stays text. */
    json?: boolean;
    /** Whether a stream that ends without `close` or `done` is an error. Default: true. */
    expectClose?: boolean;
    /**
     * Milliseconds without anything from the server after which the connection is lost; 0 for never. Default: twice the
     * server's interval of pings and five seconds more, or never if its header `Ping-Interval` doesn't say it.
     */
    timeout?: number;
}

/** One server-sent event. */
export interface StreamEvent {
    /** The event's name; "message" if it has none. */
    readonly type: string;
    /** The data as sent. */
    readonly data: string;
    /** The last id received; "" if there was none. */
    readonly id: string;
}

/** A response without its body. */
export interface StreamResponse {
    readonly ok: boolean;
    readonly status: number;
    readonly statusText: string;
    /** The URL after redirects. */
    readonly url: string;
    readonly headers: Headers;
}

export type StreamErrorKind = "aborted" | "content-type" | "http" | "incomplete" | "network" | "server";

export interface StreamErrorFields {
    cause?: unknown;
    response?: StreamResponse | null;
    status?: number;
    body?: string;
    data?: unknown;
    detail?: unknown;
    log?: string;
    details?: string;
}

/** Why a stream failed. */
export class StreamError extends Error {
    constructor(kind: StreamErrorKind, message: string, fields?: StreamErrorFields);
    readonly name: "StreamError";
    readonly kind: StreamErrorKind;
    /** Kind "server": the status of what the generator raised. Otherwise that of the response; null without one. */
    readonly status: number | null;
    readonly response: StreamResponse | null;
    /** Kind "http": the response body. Kind "server": the data of `stream-error`. Otherwise "". */
    readonly body: string;
    /** The parsed `body`, if it is JSON. */
    readonly data: unknown;
    /** The `detail` in `data`, such as that of an HTTPException; undefined if there is none. */
    readonly detail: unknown;
    /** Kind "server": the id of the traceback in the server's log. */
    readonly log: string | undefined;
    /** Kind "server": the traceback, with `hyper dev`. */
    readonly details: string | undefined;
    /** The underlying cause: the reason for an abort, or the error that `fetch` threw. */
    readonly cause?: unknown;
}

/** `Data` is the type of what `progress` receives, `Final` that of the final data. */
export interface Stream<Data = any, Final = any> {
    /** Called when the response starts, and again after each reconnection. */
    open(callback: (response: StreamResponse) => void): this;
    /** Called for each event except `done`, `close` and `stream-error`. */
    progress(callback: (data: Data, event: StreamEvent) => void): this;
    /** Called with 0 to 1 while the body is sent. */
    uploadProgress(callback: (fraction: number) => void): this;
    /** Called when the connection is lost, with the milliseconds until the next attempt. Not after a planned end. */
    reconnecting(callback: (error: StreamError, milliseconds: number) => void): this;
    /** Called once, when the stream is complete, with the data of `done` or of a JSON response, otherwise undefined. */
    done(callback: (data: Final) => void): this;
    /** Called once, if the stream fails. */
    error(callback: (error: StreamError) => void): this;
    /** An alias for `error`. */
    fail(callback: (error: StreamError) => void): this;
    /** Send the request. Resolves to what `done` receives, or rejects with what `error` receives. */
    start(): Promise<Final>;
    /** Close the connection. A stream that has not ended fails with an error of kind "aborted". */
    abort(reason?: unknown): void;
}

/** A stream; `start()` sends its request. Throws TypeError for an invalid request. */
export function createStream<Data = any, Final = any>(url: string | URL, options?: StreamOptions): Stream<Data, Final>;

/** Parses text/event-stream from decoded text without a byte order mark, in chunks of any size. */
export class EventParser {
    constructor(lastEventId?: string);
    /** The id to reconnect with. */
    lastEventId: string;
    /** The last `retry` in milliseconds. */
    retry: number | undefined;
    /** Whether the server has announced that the stream ends here, and goes on after reconnecting. */
    planned: boolean;
    /** Parse the next chunk; returns the events that it completes. */
    push(text: string): StreamEvent[];
}
