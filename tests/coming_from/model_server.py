"""A language model that answers as OpenAI's API does, token by token, over real HTTP."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class _Model(BaseHTTPRequestHandler):
    """Repeats the last message, word by word, and says how many there were."""

    def do_POST(self) -> None:
        question: dict[str, Any] = json.loads(self.rfile.read(int(self.headers["content-length"])))
        messages = question["messages"]
        self.send_response(200 if self.headers["authorization"] == "Bearer a key" else 401)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        words = [str(len(messages)), *(f" {word}" for word in messages[-1]["content"].split())]
        for delta in [{"role": "assistant"}, *({"content": word} for word in words)]:
            self.wfile.write(b"data: %s\n\n" % json.dumps({"choices": [{"delta": delta}]}).encode())
        self.wfile.write(b"data: [DONE]\n\n")

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def model() -> Iterator[dict[str, str]]:
    """Run the server. Yields the variables that say where it is."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Model)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield {"OPENAI_BASE_URL": f"http://127.0.0.1:{server.server_port}/v1", "OPENAI_API_KEY": "a key"}
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
