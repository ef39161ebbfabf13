"""Hostile values, and the sources of templates that have a value `v` in every kind of place."""

from collections.abc import Mapping
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


PLACES: dict[str, str] = {
    "text": "<div><p>{v}</p></div>",
    "text beside text": "<p>a{v}b</p>",
    "text in a list": "<ul>{[t'<li>{x}</li>' for x in [v, v]]}</ul>",
    "strings in a list": "<ul>{[v, v]}</ul>",
    "repr": "<p>{v!r}</p>",
    "format": "<p>{v:>5}</p>",
    "title": "<title>{v}</title><p></p>",
    "textarea": "<textarea>a {v}</textarea><p></p>",
    "noscript": "<noscript><p title={v}>{v}</p></noscript>",
    "svg": "<svg><text x={v}>{v}</text><title>{v}</title></svg><p></p>",
    "table": "<table><tr><td id={v}>{v}</td></tr></table>",
    "after an ampersand": "<p title='&{v};'>&{v};</p>",
    "unquoted": "<p title={v} lang=en></p>",
    "double quotes": '<p title="{v}" lang=en></p>',
    "single quotes": "<p title='{v}' lang=en></p>",
    "mixed": "<p title='a {v} {v}' lang=en></p>",
    "mixed, unquoted": "<p title=a{v}{v} lang=en></p>",
    "closed by itself": "<br title={v}/><p></p>",
    "class": "<p class={['k', v, {v: True}]}></p>",
    "class in part": "<p class='a {[v]} {v}'></p>",
    "id": "<p id=p-{v}></p>",
    "style": "<p style='color: {v}; top: 0'></p>",
    "style whole": "<p style={'x: 1;' + v}></p>",
    "data": "<p data={ {'x': v} } aria={ {'y': v} }></p>",
    "spread": "<p { {'title': v, 'class': ['k', v], 'id': v}:**}></p>",
    "template in an attribute": "<p title={t'a {v}'}></p>",
    "Markup in an attribute": "<p title={Markup('{}').format(v)}></p>",
    "safe in an attribute": "<p title={v:safe}></p>",
    "href": "<a href={v}>x</a>",
    "href in part": "<a href='/x?q={v}&r={v}#{v}'>x</a>",
    "href at its start": "<a href='{v}/x'>x</a>",
    "src": "<img src={v} srcset='{v} 2x' alt>",
    "animation": "<svg><animate attributeName=href values='0;{v}' to={v} /></svg>",
    "component": "<{card} title={v} data-x={v}>{v}</{card}>",
    "component, mixed": "<{card} title='a {v}' { {'lang': v}:**}><p>{v}</p></{card}>",
    "component's text": "<div><{plain} text={v} /></div>",
    "href as parameters": "<a href='/x?{ {v: v} }'>x</a>",
    "refresh": "<meta http-equiv=refresh content='9999;url={v}'>",
    "base": "<base href={v}>",
    "object": "<object data={v}></object>",
    "srcdoc": "<iframe srcdoc={v}></iframe><iframe srcdoc={t'<p>{v}'}></iframe>",
    "script": "<script>var a = {v}; f('{v}', {[v]}) // {v}</script><p></p>",
    "module": "<script type=module>`${{f({v})}}`/{v}</script><p></p>",
    "JSON island": '<script type="application/json">{ {v: [v]} }</script><p></p>',
    "handler": "<p onclick='f(&#39;{v}&#39;, {v})' lang=en></p>",
    "handler whole": "<p onclick={v} @click={v} x-data={v} lang=en></p>",
    "expression": """<p x-data="{{a: {v}}}" :class="{v}" data-text="'{v}'" hx-on:x="f({v})"></p>""",
    "htmx JSON": """<p hx-vals='{{"a": "{v}", "b": {v}}}' hx-headers={ {"a": v} }></p>""",
    "style sheet": "<style>#{v} {{ color: {v} }} /* {v} */</style><p></p>",
    "comment": "<!-- {v} --><p></p>",
    "server comment": "<!--# {v} --><p></p>",
}

NAMES: Mapping[str, object] = {"Markup": Markup, "card": card, "plain": plain}
"""The names that the templates use besides `v`."""
