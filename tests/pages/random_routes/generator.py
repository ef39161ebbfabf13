"""Random route files: statements, functions, classes, loaders, guards, streams and explicit answers."""

import random
from dataclasses import dataclass, field

HEAD = """\
import asyncio
from dataclasses import dataclass
from typing import Annotated

from random_route_effects import note, transaction
from hyperpy import POST, HTTPException, Query, html, redirect
from starlette.responses import PlainTextResponse

rid: str
n: int
word: Annotated[str, Query()] = "none"
"""


@dataclass(slots=True)
class Scope:
    """The names that are set at a point of the file, by the type of their value."""

    ints: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    lists: list[str] = field(default_factory=list)

    def with_ints(self, *names: str) -> Scope:
        """A copy, with more numbers."""
        return Scope([*self.ints, *names], self.texts.copy(), self.lists.copy())


class Generator:
    """Writes one route file. The same seed gives the same file."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.lines: list[str] = []
        self.scope = Scope(["n"], ["word", "rid"])
        self.functions: list[str] = []  # of one int, and without effects on the answer
        self.leaves: list[str] = []  # those that call no other: deep calls would take forever
        self.refusing: list[str] = []  # of one int; may refuse the request
        self.components: list[str] = []
        self.declared: list[str] = []  # annotated names that the loader sets
        self.count = 0

    def file(self) -> str:
        with_loader, with_stream = self.chance(0.4), self.chance(0.25)
        if with_loader:
            self.declarations()
        for _ in range(self.random.randint(2, 7)):
            self.random.choice((self.function, self.function, self.class_, self.component, self.refusal))(0)
            self.statement(0)
        if with_loader:
            self.loader()
        for _ in range(self.random.randint(0, 4)):
            self.statement(0)
        self.template(0)
        if with_stream:
            self.stream()
        return HEAD + "\n".join(self.lines) + "\n"

    # -- helpers ------------------------------------------------------------------------------------------------------

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def write(self, depth: int, line: str) -> None:
        self.lines.append("    " * depth + line)

    def fresh(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}{self.count}"

    def one_of[T](self, items: list[T]) -> T:
        return self.random.choice(items)

    # -- expressions --------------------------------------------------------------------------------------------------

    def integer(self, depth: int = 2) -> str:
        options = [str(self.random.randint(0, 9)), self.one_of(self.scope.ints)]
        if depth:
            a, b = self.integer(depth - 1), self.integer(depth - 1)
            options += [
                f"({a} {self.random.choice('+-*')} {b})",
                f"({a} if {self.condition(depth - 1)} else {b})",
                f"len({self.text(depth - 1)})",
                f"sum(each * {b} for each in {self.listing(depth - 1)})",
                f"(lambda x, y={a}: x + y)({b})",
            ]
            if self.functions:
                options += [f"{self.one_of(self.functions)}({a})"] * 2
        return self.random.choice(options)

    def text(self, depth: int = 1) -> str:
        options = [f"'t{self.random.randint(0, 9)}'", self.one_of(self.scope.texts)]
        if depth:
            options += [
                f"str({self.integer(depth - 1)})",
                f"f'{{{self.integer(depth - 1)}}}:{{{self.one_of(self.scope.texts)}}}'",
                f"'-'.join(str(each) for each in {self.listing(depth - 1)})",
                f"({self.text(depth - 1)} + '<&>')",
            ]
        return self.random.choice(options)

    def listing(self, depth: int = 1) -> str:
        options = [f"[{self.integer(0)}, {self.integer(0)}]", f"range({self.integer(0)} % 4)"]
        options += self.scope.lists
        if depth:
            options += [
                f"[each + {self.integer(0)} for each in {self.listing(0)} if each != {self.integer(0)}]",
                f"sorted({{{self.integer(0)}, {self.integer(0)}}})",
            ]
        return self.random.choice(options)

    def condition(self, depth: int = 1) -> str:
        options = [
            f"{self.integer(depth)} {self.random.choice(['<', '>', '==', '!='])} {self.random.randint(0, 5)}",
            f"{self.one_of(self.scope.texts)} == {self.text(0)}",
            "POST",
        ]
        return self.random.choice(options)

    def markup(self, depth: int = 2) -> str:
        """The inside of a t-string in triple quotes."""
        parts = []
        for _ in range(self.random.randint(1, 3)):
            options = [
                f"<p>{{{self.integer()}}}</p>",
                f"<b title={{{self.text()}}}>{{{self.text()}}}</b>",
                f"<i>{{[each for each in {self.listing()}]}}</i>",
            ]
            if depth:
                inner = self.markup(depth - 1)
                options += [
                    f"<ul>{{[t'<li>{{each}} {{{self.integer(0)}}}</li>' for each in {self.listing(0)}]}}</ul>",
                    f"<div>{{t'<u>{{{self.integer(0)}}}</u>' if {self.condition(0)} else None}}</div>",
                ]
                if self.components:
                    name = self.one_of(self.components)
                    options += [
                        f"<{{{name}}} size={{{self.integer(0)}}}>{inner}</{{{name}}}>",
                        f"<{{{name}}} size={{{self.integer(0)}}} />",
                    ]
            parts.append(self.random.choice(options))
        return " ".join(parts)

    # -- statements ---------------------------------------------------------------------------------------------------

    def statement(self, depth: int) -> None:
        simple = [self.assign, self.assign, self.assign_list, self.unpack, self.note, self.annotated, self.change]
        compound = [self.if_, self.if_, self.for_, self.while_, self.try_, self.with_, self.match_]
        answers = [self.refuse, self.answer]
        kinds = simple * 2 + (compound if depth < 2 else []) + (answers if self.chance(0.5) else [])
        self.random.choice(kinds)(depth)

    def block(self, depth: int) -> None:
        """Names that a block sets are unknown after it."""
        outer, self.scope = self.scope, self.scope.with_ints()
        for _ in range(self.random.randint(1, 3)):
            self.statement(depth)
        self.scope = outer

    def target(self, names: list[str], prefix: str) -> str:
        mine = [name for name in names if name not in ("n", "word", "rid") and name not in self.declared]
        name = self.one_of(mine) if mine and self.chance(0.4) else self.fresh(prefix)
        if name not in names:
            names.append(name)
        return name

    def assign(self, depth: int) -> None:
        if self.chance(0.6):
            value = self.integer()
            self.write(depth, f"{self.target(self.scope.ints, 'i')} = {value} % 997")
        else:
            value = self.text()
            self.write(depth, f"{self.target(self.scope.texts, 's')} = ({value})[:99]")

    def assign_list(self, depth: int) -> None:
        value = self.listing()
        self.write(depth, f"{self.target(self.scope.lists, 'l')} = list({value})[:9]")

    def annotated(self, depth: int) -> None:
        value = self.integer()
        name = self.fresh("a")
        self.write(depth, f"{name}: int = {value} % 997")
        self.scope.ints.append(name)

    def unpack(self, depth: int) -> None:
        value, text = self.integer(), self.text()
        first, second = self.fresh("i"), self.fresh("s")
        self.write(depth, f"({first}, *_), {second} = [{value} % 997, 0], {text}[:99]")
        self.scope.ints.append(first)
        self.scope.texts.append(second)

    def change(self, depth: int) -> None:
        mine = [name for name in self.scope.ints if name != "n" and name not in self.declared]
        if self.scope.lists and self.chance(0.5):
            self.write(depth, f"{self.one_of(self.scope.lists)}.append({self.integer()})")
        elif mine:
            self.write(depth, f"{self.one_of(mine)} += {self.integer()} % 997")
        else:
            self.note(depth)

    def note(self, depth: int) -> None:
        self.write(depth, f"note(rid, {self.integer()})")

    def if_(self, depth: int) -> None:
        self.write(depth, f"if {self.condition()}:")
        self.block(depth + 1)
        if self.chance(0.4):
            self.write(depth, f"elif (w := {self.integer()}) > 3:")
            self.block(depth + 1)
        if self.chance(0.5):
            self.write(depth, "else:")
            self.block(depth + 1)

    def for_(self, depth: int) -> None:
        self.write(depth, f"for each{depth} in list({self.listing()}):")
        self.block(depth + 1)
        if self.chance(0.3):
            self.write(depth + 1, f"if each{depth} == {self.integer(0)}:")
            self.write(depth + 2, self.random.choice(["break", "continue"]))
        if self.chance(0.2):
            self.write(depth, "else:")
            self.block(depth + 1)

    def while_(self, depth: int) -> None:
        name = self.fresh("k")
        self.write(depth, f"{name} = 0")
        self.write(depth, f"while {name} < {self.integer(0)} % 3:")
        self.write(depth + 1, f"{name} += 1")
        self.block(depth + 1)

    def try_(self, depth: int) -> None:
        self.write(depth, "try:")
        self.block(depth + 1)
        if self.chance(0.6):
            self.write(depth + 1, f"{self.integer()} / ({self.integer()} % 2)")
        self.write(depth, "except ZeroDivisionError as error:")
        self.write(depth + 1, "note(rid, str(error))")
        self.block(depth + 1)
        if self.chance(0.3):
            self.write(depth, "else:")
            self.block(depth + 1)
        if self.chance(0.3):
            self.write(depth, "finally:")
            self.write(depth + 1, f"note(rid, {self.integer()})")

    def with_(self, depth: int) -> None:
        self.write(depth, "with transaction(rid):")
        self.block(depth + 1)

    def match_(self, depth: int) -> None:
        self.write(depth, f"match {self.integer()} % 3:")
        for case in ("0", "1 | 2", "other"):
            self.write(depth + 1, f"case {case}:")
            self.block(depth + 2)

    # -- explicit answers ---------------------------------------------------------------------------------------------

    def refuse(self, depth: int) -> None:
        if not self.refusing:
            return self.note(depth)
        call = f"{self.one_of(self.refusing)}({self.integer()})"
        form = self.random.choice(["{}", "{}", "r = {}", "r = {}", "(r := {})", "r: object = {}"])
        self.write(depth, form.format(call))
        return None

    def answer(self, depth: int) -> None:
        self.write(depth, f"if {self.condition()}:")
        self.note(depth + 1)
        url, text = f"f'/to/{{{self.integer(0)}}}'", self.text()
        forms = [
            f"redirect({url})",
            f"raise redirect({url})",
            f"gone = redirect({url})",
            f"response = PlainTextResponse({text})",
            f"response = PlainTextResponse({text})",
            f"PlainTextResponse({text})",
            "raise HTTPException(409)",
        ]
        self.write(depth + 1, self.random.choice(forms))
        if self.chance(0.5):
            self.note(depth + 1)

    def refusal(self, depth: int) -> None:
        """A function that refuses some requests."""
        name = self.fresh("need")
        self.write(depth, f"def {name}(x):")
        outer, self.scope = self.scope, self.scope.with_ints("x")
        self.write(depth + 1, f"if x > {self.random.randint(0, 12)}:")
        refusals = ["return redirect('/login')", "redirect('/login')", "raise redirect('/login')"]
        refusals += ["raise HTTPException(403)", "return PlainTextResponse(str(x))", "PlainTextResponse('no')"]
        self.write(depth + 2, self.random.choice(refusals))
        self.write(depth + 1, f"note(rid, {self.integer(1)})")
        if self.chance(0.5):
            self.write(depth + 1, f"return {self.integer(1)}")
        self.scope = outer
        self.refusing.append(name)

    # -- definitions --------------------------------------------------------------------------------------------------

    def function(self, depth: int) -> None:
        known, self.functions = self.functions, self.leaves if self.chance(0.5) else []
        calls_none = not self.functions
        name = self.fresh("f")
        self.write(depth, f"def {name}(x, y={self.random.randint(0, 9)}):")
        outer, self.scope = self.scope, self.scope.with_ints("x", "y")
        mine = [each for each in outer.ints if each != "n" and each not in self.declared]
        if mine and self.chance(0.4):
            changed = self.one_of(mine)
            self.write(depth + 1, f"global {changed}")
            self.write(depth + 1, f"{changed} = {self.integer(1)}")
        if self.chance(0.4):
            self.write(depth + 1, f"inner = lambda z: z + {self.integer(1)}")
            self.write(depth + 1, f"x = inner(x) + {self.integer(1)}")
        if self.chance(0.3):
            self.write(depth + 1, f"for each in {self.listing()}:")
            self.write(depth + 2, f"y += each * {self.integer(0)}")
        self.write(depth + 1, f"return {self.integer()} % 100")
        self.scope, self.functions = outer, [*known, name]
        if calls_none:
            self.leaves.append(name)

    def class_(self, depth: int) -> None:
        known, self.functions = self.functions, self.leaves
        name = self.fresh("C")
        if self.chance(0.5):
            self.write(depth, "@dataclass")
        self.write(depth, f"class {name}:")
        self.write(depth + 1, f"size: int = {self.integer(0)}")
        self.write(depth + 1, "def scaled(self, x):")
        self.write(depth + 2, f"return self.size * x + {self.integer(1)}")
        made = self.fresh("f")
        self.write(depth, f"{made} = lambda x: {name}().scaled(x) % 100")
        self.functions = [*known, made]

    def component(self, depth: int) -> None:
        name = self.fresh("Card")
        self.write(depth, f"def {name}(children=None, size=1):")
        outer, self.scope = self.scope, self.scope.with_ints("size")
        self.write(depth + 1, f'return t"""<em>{{size}} {self.markup(0)} {{children}}</em>"""')
        self.scope = outer
        self.components.append(name)

    def declarations(self) -> None:
        for _ in range(self.random.randint(1, 2)):
            name = self.fresh("d")
            self.write(0, f"{name}: int")
            self.declared.append(name)

    def loader(self) -> None:
        self.write(0, "async def load():")
        self.write(1, f"global {', '.join(self.declared)}")
        for name in self.declared:
            if self.chance(0.5):
                self.write(1, f"await asyncio.sleep({self.random.choice(['0', '0.001'])})")
            self.write(1, f"{name} = {self.integer()}")
        outer, self.scope = self.scope, self.scope.with_ints()
        self.scope.ints += self.declared
        if self.refusing and self.chance(0.5):
            call = f"{self.one_of(self.refusing)}({self.integer()})"
            self.write(1, self.random.choice(["{}", "x = {}"]).format(call))
        if self.chance(0.3):
            self.write(1, f"if {self.condition()}:")
            answers = ["return redirect('/away')", "return PlainTextResponse('loaded')", "raise HTTPException(410)"]
            self.write(2, self.random.choice([*answers, "redirect('/gone')"]))
        self.write(1, f"note(rid, {self.integer()})")
        self.scope = outer
        self.scope.ints += self.declared

    def template(self, depth: int) -> None:
        if self.chance(0.3):
            self.write(depth, f"if {self.condition()}:")
            self.write(depth + 1, f't"""<main>{self.markup()}</main>"""')
            self.write(depth, "else:")
            self.write(depth + 1, f't"""<aside>{self.markup()}</aside>"""')
        else:
            self.write(depth, f't"""<main>{self.markup()}</main>"""')

    def stream(self) -> None:
        self.write(0, "async def stream():")
        self.write(1, f"for number in range({self.random.randint(1, 3)}):")
        self.scope.ints.append("number")
        self.write(2, "await asyncio.sleep(0)")
        forms = [f't"""{self.markup(1)}"""', f"('tick', {self.integer()})", self.text()]
        forms.append(f"{{'data': {self.text()}, 'id': str(number)}}")
        for _ in range(self.random.randint(1, 2)):
            self.write(2, f"yield {self.random.choice(forms)}")


def route_file(seed: int) -> str:
    return Generator(seed).file()
