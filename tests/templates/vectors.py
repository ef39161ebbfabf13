"""Hostile values, and templates that put a value into each place there is."""

from collections.abc import Callable
from string.templatelib import Template

from hyperpy.templates import Markup

HOSTILE = [
    '"><script>pwned=1</script>',
    "'><script>pwned=1</script>",
    "' onload=1 x='",
    '" onload=1 x="',
    "a onmouseover=1",
    "</script><img src onerror=1>",
    "</title></textarea></style><script>pwned=1</script>",
    "--><script>pwned=1</script>",
    "]]><script>pwned=1</script>",
    "javascript:pwned=1",
    "&#34;&quot;&lt;script&gt;",
    "/><script>",
    "`${alert(1)}`",
    "\0<b>\x0c<b\t>",
    "<!--",
    "<![CDATA[",
    "{{x}}",
    "é\u2028\ud7ff",
    "</div></p></svg>",
    "';pwned=1//",
    '";pwned=1//',
    "\\';pwned=1//",
    '\\";pwned=1//',
    "*/pwned=1/*",
    "\npwned=1\n",
    "\u2028pwned=1\u2028",
    "${pwned=1}",
    "-pwned=1-",
    "&apos;);pwned=1//",
    "quot;);pwned=1//",
    "url(javascript:pwned=1)",
    "red}</style><img src onerror=pwned=1>",
    "data:text/html,<script>parent.pwned=1</script>",
]


def card(children: Markup, title: str = "", **rest: object) -> Template:
    return t"<section title={title} {rest:**}><h2>{title}</h2>{children}</section>"


def plain(text: str) -> str:
    return text


MAKERS: dict[str, Callable[[str], Template]] = {
    "text": lambda v: t"<div><p>{v}</p></div>",
    "text beside text": lambda v: t"<p>a{v}b</p>",
    "text in a list": lambda v: t"<ul>{[t'<li>{x}</li>' for x in [v, v]]}</ul>",
    "strings in a list": lambda v: t"<ul>{[v, v]}</ul>",
    "repr": lambda v: t"<p>{v!r}</p>",
    "format": lambda v: t"<p>{v:>5}</p>",
    "title": lambda v: t"<title>{v}</title><p></p>",
    "textarea": lambda v: t"<textarea>a {v}</textarea><p></p>",
    "noscript": lambda v: t"<noscript><p title={v}>{v}</p></noscript>",
    "svg": lambda v: t"<svg><text x={v}>{v}</text><title>{v}</title></svg><p></p>",
    "table": lambda v: t"<table><tr><td id={v}>{v}</td></tr></table>",
    "after an ampersand": lambda v: t"<p title='&{v};'>&{v};</p>",
    "unquoted": lambda v: t"<p title={v} lang=en></p>",
    "double quotes": lambda v: t'<p title="{v}" lang=en></p>',
    "single quotes": lambda v: t"<p title='{v}' lang=en></p>",
    "mixed": lambda v: t"<p title='a {v} {v}' lang=en></p>",
    "mixed, unquoted": lambda v: t"<p title=a{v}{v} lang=en></p>",
    "closed by itself": lambda v: t"<br title={v}/><p></p>",
    "class": lambda v: t"<p class={['k', v, {v: True}]}></p>",
    "class in part": lambda v: t"<p class='a {[v]} {v}'></p>",
    "id": lambda v: t"<p id=p-{v}></p>",
    "style": lambda v: t"<p style='color: {v}; top: 0'></p>",
    "style whole": lambda v: t"<p style={'x: 1;' + v}></p>",
    "data": lambda v: t"<p data={ {'x': v} } aria={ {'y': v} }></p>",
    "spread": lambda v: t"<p { {'title': v, 'class': ['k', v], 'id': v}:**}></p>",
    "template in an attribute": lambda v: t"<p title={t'a {v}'}></p>",
    "Markup in an attribute": lambda v: t"<p title={Markup('{}').format(v)}></p>",
    "safe in an attribute": lambda v: t"<p title={v:safe}></p>",
    "href": lambda v: t"<a href={v}>x</a>",
    "href in part": lambda v: t"<a href='/x?q={v}&r={v}#{v}'>x</a>",
    "href at its start": lambda v: t"<a href='{v}/x'>x</a>",
    "src": lambda v: t"<img src={v} srcset='{v} 2x' alt>",
    "animation": lambda v: t"<svg><animate attributeName=href values='0;{v}' to={v} /></svg>",
    "component": lambda v: t"<{card} title={v} data-x={v}>{v}</{card}>",
    "component, mixed": lambda v: t"<{card} title='a {v}' { {'lang': v}:**}><p>{v}</p></{card}>",
    "component's text": lambda v: t"<div><{plain} text={v} /></div>",
    "href as parameters": lambda v: t"<a href='/x?{ {v: v} }'>x</a>",
    "refresh": lambda v: t"<meta http-equiv=refresh content='9999;url={v}'>",
    "base": lambda v: t"<base href={v}>",
    "object": lambda v: t"<object data={v}></object>",
    "srcdoc": lambda v: t"<iframe srcdoc={v}></iframe><iframe srcdoc={t'<p>{v}'}></iframe>",
    "script": lambda v: t"<script>var a = {v}; f('{v}', {[v]}) // {v}</script><p></p>",
    "module": lambda v: t"<script type=module>`${{f({v})}}`/{v}</script><p></p>",
    "JSON island": lambda v: t'<script type="application/json">{ {v: [v]} }</script><p></p>',
    "handler": lambda v: t"<p onclick='f(&#39;{v}&#39;, {v})' lang=en></p>",
    "handler whole": lambda v: t"<p onclick={v} @click={v} x-data={v} lang=en></p>",
    "expression": lambda v: t"""<p x-data="{{a: {v}}}" :class="{v}" data-text="'{v}'" hx-on:x="f({v})"></p>""",
    "htmx JSON": lambda v: t"""<p hx-vals='{{"a": "{v}", "b": {v}}}' hx-headers={ {"a": v} }></p>""",
    "style sheet": lambda v: t"<style>#{v} {{ color: {v} }} /* {v} */</style><p></p>",
    "comment": lambda v: t"<!-- {v} --><p></p>",
    "server comment": lambda v: t"<!--# {v} --><p></p>",
}
