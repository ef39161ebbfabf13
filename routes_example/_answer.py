"""How a question and its answer look."""

from string.templatelib import Template

from hyperpy import url
from routes_example._conversation import Exchange, State
from routes_example._markdown import markdown


def Answer(exchange: Exchange) -> Template:
    """A question and its answer. A growing one connects to its stream."""
    link = url("/assistant/{answer_id}", answer_id=exchange.id)
    live = {"hx-ext": "sse", "sse-connect": link, "sse-close": "close"} if exchange.is_growing else {}
    return t"""
        <article class="exchange" {live:**}>
          <h2 class="question">{exchange.question}</h2>
          <div class="answer" sse-swap="message">{markdown(exchange.answer)}</div>
          <div class="ending" sse-swap="done,stopped,failed"><{Ending} {exchange} /></div>
        </article>
    """


def Ending(exchange: Exchange) -> Template:
    """What is below an answer: a button while it grows, and then how it has ended."""
    match exchange.state:
        case State.GROWING:
            action = hx_post = url("/assistant/{answer_id}", answer_id=exchange.id)
            return t"""
                <form method="post" {action} {hx_post} hx-swap="none"><button class="quiet">Stop</button></form>
                <noscript><p class="note">This shows one moment. <a href="">Look again</a></p></noscript>
            """
        case State.DONE:
            return t'<p class="unseen" role="status">The answer is complete.</p>'
        case State.STOPPED:
            return t'<p class="note" role="status">Stopped here.</p>'
        case State.FAILED:
            return t'<p class="problem" role="alert">The line to the model broke. Please ask again.</p>'
