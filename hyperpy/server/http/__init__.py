"""uvicorn's HTTP protocols with timeouts, limits, an access log and a patient shutdown.

Each class adds one thing to the class below it:

    HTTPProtocol                     a shutdown that waits for requests that are already on their way
    HttpToolsProtocol, H11Protocol   the parser: what is being read, and the limits on its size
    Guard                            timeouts and early rejections, the same for both parsers
    uvicorn's protocol               ASGI
"""
