from bench.data import SHOP as shop
from bench.engines.hyperpy import Layout

t"""<{Layout} {shop}>
<h1>{shop.title}</h1>
<form action="/search"><input type="search" name="q" value={shop.search}> <button>Search</button></form>
<p>{len(shop.books)} books</p>
<ul class="books">{
    [
        t'''\
<li id="book-{it.number}" class={["book", it.shelf, {"sold-out": not it.in_stock}]}>
<a href={it.url} title={it.title}>{it.title}</a>
<span class="author">{it.author}</span> <span class="price">{it.price}</span>
</li>'''
        for it in shop.books
    ]
}</ul>
</{Layout}>"""
